"""Commands on mixed pallets refuse what they cannot do, in one line, before they begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Robolab
from tests.unit.cli.test_errors import assert_refused


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--workers", "2"), ("--workers", "not for mixed pallets")),
        (("--resume",), ("--resume", "gone on with by itself")),
        (("--warm-start", "policies/panda"), ("--warm-start", "policies/panda")),
        (("--cluster", "auto"), ("--cluster", "auto")),
    ],
)
def test_training_to_pick_takes_no_options_of_the_planner(
    robolab: Robolab, tmp_path: Path, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    ended = robolab("train", "mixed_pallet", "--out", str(tmp_path / "x"), *words)
    assert_refused(ended, *told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("panda_table",), ("SCENE", "mixed_pallet or mixed_pallet_large")),
        (("mixed_pallet", "--perception", "prefect"), ("did you mean 'perfect'?",)),
        (("mixed_pallet", "--level", "esy"), ("did you mean 'easy'?",)),
        (("mixed_pallet", "--policy", "depaletise"), ("did you mean 'depalletise'?",)),
    ],
)
def test_an_evaluation_that_cannot_be(
    robolab: Robolab, tmp_path: Path, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    ended = robolab("evaluate", *words, "--out", str(tmp_path / "a.json"))
    assert_refused(ended, *told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("recipe", [None, "hurry: soon", "- a list", "kind: picks"])
def test_a_policy_without_its_recipe(robolab: Robolab, tmp_path: Path, recipe: str | None) -> None:
    from robolab.core.assets import shipped

    folder = tmp_path / "policy"
    folder.mkdir()
    weights = shipped("policies") / "depalletise" / "weights.safetensors"
    (folder / weights.name).write_bytes(weights.read_bytes())
    if recipe is not None:
        (folder / "recipe.yaml").write_text(recipe)
    out = str(tmp_path / "a.json")
    ended = robolab("evaluate", "mixed_pallet", "--policy", str(folder), "--out", out)
    assert_refused(ended, "recipe.yaml", "hurry")


@pytest.mark.parametrize(
    "words",
    [
        ("--episodes", "0"),
        ("--seed", "-1"),
        ("--light", "0"),
        ("--camera-shake", "-1"),
        ("--base-shake", "1000"),
        ("--workers", "-1"),
    ],
)
def test_numbers_out_of_range_end_with_2(
    robolab: Robolab, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ended = robolab("evaluate", "mixed_pallet", "--out", str(tmp_path / "a.json"), *words)
    assert ended.code == 2
    assert words[0] in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ur10e_transfer", "--policy", "depalletise"), ("--policy", "mixed_pallet")),
        (("ur10e_transfer", "--level", "easy"), ("--level", "mixed_pallet")),
        (("mixed_pallet", "--level", "esy", "--screenshot", "x.png"), ("did you mean 'easy'?",)),
        (("mixed_pallet",), ("no display", "--screenshot")),
        (("mixed_pallet", "--policy", "none"), ("no display", "--screenshot")),
    ],
)
def test_views_that_cannot_be(
    robolab: Robolab,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    told: tuple[str, ...],
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert_refused(robolab("view", *words), *told)


def test_a_film_needs_a_policy(robolab: Robolab, tmp_path: Path) -> None:
    ended = robolab("view", "mixed_pallet", "--film", str(tmp_path / "a.webp"))
    assert_refused(ended, "--film", "--policy")
    assert list(tmp_path.iterdir()) == []
