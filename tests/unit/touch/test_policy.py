"""Networks that are kept, what they looked at, and what is exported of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import UnknownName, WeightsError
from robolab.core.files import content_hash
from robolab.jobs.touch_export import export_touch
from robolab.touch.attribution import heat_map
from robolab.touch.electrodes import BIOTAC_SP
from robolab.touch.grasps import FINGERS, Grasps
from robolab.touch.judged import looked_at, rules_of
from robolab.touch.policy import load_stability, program_of, save_stability
from robolab.touch.stability import Lesson, Stability, distilled, learn

LESSON = Lesson(networks=2, epochs=4, batch=64, versions=2)


@pytest.fixture(scope="module")
def forms(known: Grasps) -> dict[str, Stability]:
    some = known.part(known.objects < "known 4")
    full = learn(some, LESSON)
    return {"full": full, "distilled": distilled(some, full, LESSON)}


@pytest.fixture
def folder(forms: dict[str, Stability], tmp_path: Path) -> Path:
    save_stability(tmp_path / "policy", forms, LESSON, {"accuracy": 0.5})
    return tmp_path / "policy"


def test_what_is_kept_says_the_same(
    forms: dict[str, Stability], folder: Path, unknown: Grasps
) -> None:
    for name, one in forms.items():
        odds = load_stability(folder, name).odds(unknown)
        np.testing.assert_allclose(odds, one.odds(unknown), atol=1e-4)


@pytest.mark.parametrize("form", ["full", "distilled"])
def test_the_program_is_the_networks(
    forms: dict[str, Stability], folder: Path, unknown: Grasps, form: str
) -> None:
    program, learned = program_of(folder, form), forms[form]
    x, extra = learned.facts(unknown)
    odds = learned.odds_of(learned.facts(unknown))
    rounded = program_of(folder, "int8" if form == "full" else f"{form}-int8")
    for k in (0, 57, 131):
        inputs = np.concatenate([x[k, :, 0], x[k, :, 1], extra[k]]).astype(float)
        said = program.run(inputs)[0][0]
        assert said == pytest.approx(odds[k], abs=1e-5)
        assert 0.0 < abs(rounded.run(inputs)[0][0] - said) < 0.1


def test_damage_and_unknown_names_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no networks 'pruned'"):
        program_of(folder, "pruned")
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    with pytest.raises(WeightsError, match="cut short"):
        program_of(folder, "full")
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("touch_stability", "touch_stbility"))
    with pytest.raises(UnknownName, match="did you mean 'touch_stability'"):
        program_of(folder, "full")
    with pytest.raises(WeightsError, match="recipe"):
        program_of(tmp_path, "full")


def test_an_export_has_a_manifest(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_touch(folder, ["c"], out, "full")
    manifest = export_touch(folder, ["c", "st"], out, "distilled-int8")
    assert json.loads((out / "manifest.json").read_text()) == json.loads(json.dumps(manifest))
    assert set(manifest["files"]) == {p.name for p in out.iterdir()} - {"manifest.json"}
    assert manifest["files"]["touch_stability.c"] == content_hash(out / "touch_stability.c")
    assert "signed char WEIGHT" in (out / "touch_stability.c").read_text()
    shutil.rmtree(folder)
    with pytest.raises(WeightsError):
        export_touch(folder, ["c"], out)
    assert (out / "touch_stability.st").is_file()


def test_what_was_looked_at_adds_up(forms: dict[str, Stability], unknown: Grasps) -> None:
    learned = forms["full"]
    some = replace(unknown, slipped=None).part(np.arange(40))
    x, extra = learned.facts(some)
    moved = looked_at(learned, some)
    answer = learned.odds_of(learned.facts(some))
    start = np.mean([n(0.0 * x, extra)[:, 0].detach().numpy() for n in learned.networks], axis=0)
    np.testing.assert_allclose(moved.sum(axis=(1, 2)), answer - start, atol=0.05)


def test_heat_is_drawn_where_electrodes_are() -> None:
    heat = np.zeros((3, 24))
    heat[1, 7], heat[2, 3], heat[0, 0] = 1.0, -0.5, np.nan
    text = heat_map(BIOTAC_SP, FINGERS, heat, "a < b")
    assert text.count("<circle") == 72
    assert "rgb(255,0,0)" in text
    assert "rgb(128,128,255)" in text
    assert text.count("stroke-dasharray") == 1
    assert "a &lt; b" in text


def test_rules_say_how_faithful_they_are(
    forms: dict[str, Stability], known: Grasps, unknown: Grasps
) -> None:
    tree, fidelity = rules_of(forms["full"], known, unknown)
    assert fidelity["n"] == len(unknown)
    assert 0.5 < fidelity["agrees"] <= 1.0
    assert "pressed <=" in tree.rules()
