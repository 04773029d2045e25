"""Evaluations on disk: what is written, what a killed one has kept, and what the watched episode says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import OutputError, UnknownName, WeightsError
from robolab.core.transforms import Array, pose
from robolab.jobs import pallet_evaluate
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.jobs.pallet_evaluate import RULE, Exam, default_policy, perfect, policy_of
from robolab.jobs.pallet_film import spread
from robolab.jobs.pallet_floor import Floor
from robolab.jobs.pallet_player import AWAY, Player
from robolab.jobs.pallet_programs import write_programs
from robolab.jobs.pallet_reasons import reasons
from robolab.jobs.pallet_record import Wanted, record, tally_of
from robolab.jobs.pallet_results import Outputs, hold, kept_beside
from robolab.jobs.pallet_show import show_of
from robolab.jobs.pallet_watch import Turn
from robolab.jobs.storage import load_program
from robolab.tasks.pallet_articles import Articles
from robolab.tasks.pallet_case import DECKS, Case, Level, Pallet, PrintSpec
from robolab.tasks.pallet_choice import FEATURES
from robolab.tasks.pallet_faces import CaseFace, SeenFace
from robolab.tasks.pallet_policy import HighestFirst
from robolab.trajectory.trajectory import Output

PLAIN = PrintSpec((0.7, 0.6, 0.4), False, False, False, (), 0)
LEAD = 20.0
"""More than the arm may carry [kg]."""


def case(name: str, x: float, z: float, mass: float) -> Case:
    deck = DECKS["ur10e"]
    at = deck.X_world_deck[:3, 3] * (1.0, 1.0, 0.0) + [x, 0.0, deck.top + z]
    return Case(name, "box", np.array([0.3, 0.2, 0.16]), mass, pose(at), PLAIN)


def pallet(*cases: Case, level: Level = "easy", seed: int = 0) -> Pallet:
    return Pallet(cases, level, seed, "unseen", False, "ur10e")


STACK = (case("low", 0.0, 0.08, 2.0), case("high", 0.02, 0.24, 3.0))


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


@pytest.fixture(scope="module")
def turns(cell: PalletCell) -> tuple[Turn, ...]:
    return record(cell, pallet(*STACK), HighestFirst(), perfect(0), Wanted()).turns


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Small pallets in place of drawn ones; their seeds as they are asked for. Every third is too heavy."""
    asked: list[int] = []

    def draw(level: Level, seed: int, split: str, arm: str) -> Pallet:
        asked.append(seed)
        heavy = (case("lead", 0.0, 0.08, LEAD),)
        return pallet(*(heavy if seed % 3 == 2 else STACK), level=level, seed=seed)

    monkeypatch.setattr(pallet_evaluate, "draw_pallet", draw)
    return asked


def exam(episodes: int, **others: Any) -> Exam:
    return Exam("mixed_pallet", episodes, 0, RULE, **others)


def test_turns_tell_what_stood_what_was_ranked_and_where_the_arm_went(
    cell: PalletCell, turns: tuple[Turn, ...]
) -> None:
    assert [turn.gone for turn in turns] == [("high",), ("low",)]
    assert [turn.moved for turn in turns] == [1, 1]
    assert turns[0].well
    assert all(
        (a.X_world_case == b.X_world_case).all() for a, b in zip(turns[0].cases, STACK, strict=True)
    )
    assert [turn.taken.name for turn in turns if turn.taken] == ["high", "low"]
    assert turns[0].approach is not None
    assert turns[0].carry is not None
    option, ranked = turns[0].option, turns[0].ranked(cell)
    assert option is not None
    best, _ = max(ranked, key=lambda one: one[1])
    assert best.features.tolist() == option.features.tolist()
    whole = sum(turns[0].steps(cell.arm.base).values())
    assert whole == pytest.approx(turns[0].ended - turns[0].began)


def test_a_learned_choice_says_how_sure_it_was_and_why(cell: PalletCell) -> None:
    picks = policy_of(default_policy())
    done = record(cell, pallet(*STACK), picks, perfect(0), Wanted(choices=1))
    (choice,) = done.row["choices"]
    assert re.match(r"Likely to go well by \d+%", choice["sure"])
    assert 0 < len(choice["reasons"]) <= 6
    assert done.pictures[choice["picture"]].startswith(b"\xff\xd8")


def test_watching_changes_nothing(cell: PalletCell) -> None:
    from robolab.jobs.pallet_episode import Episode

    alone = Episode(cell, pallet(*STACK), HighestFirst(), perfect(0)).run()
    row = record(cell, pallet(*STACK), HighestFirst(), perfect(0), Wanted()).row
    assert tally_of(row) == replace(alone, looking=row["looking"])


def test_a_turn_keeps_the_faces_among_which_was_chosen(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of articles makes more faces of those in the frame; the number of the chosen one is among these."""
    guess = CaseFace(pose([0.0, 0.0, 0.2]), np.array([0.1, 0.1]), 0.0)

    def parted(self: Articles, faces: Sequence[SeenFace]) -> tuple[SeenFace, ...]:
        return (guess, guess, *faces)

    monkeypatch.setattr(Articles, "parted", parted)
    wanted = Wanted(moments=2, troubles=2, choices=1)
    done = record(cell, pallet(*STACK), HighestFirst(), perfect(0), wanted)
    for turn in done.turns:
        assert turn.option is not None
        assert turn.ranked(cell)
        at = turn.view.faces[turn.option.face].X_world_face[:2, 3]
        assert np.linalg.norm(turn.option.X_world_tcp[:2, 3] - at) < 0.3
        assert turn.view.faces[turn.option.face].confidence > 0.0
    assert "takes 30 × 20 cm" in done.row["moments"][0]["words"]


def test_a_shaken_base_moves_the_tool_by_as_much(cell: PalletCell, turns: tuple[Turn, ...]) -> None:
    move = turns[0].approach
    assert move is not None
    times = np.linspace(0.0, move.duration, 50)
    shaken = Floor(base_mm=3.0).cell(cell, 0)
    off = shaken.arm.tool(move, times)[:, :3, 3] - cell.arm.tool(move, times)[:, :3, 3]
    assert 2e-3 < np.abs(off).max() <= 3e-3 + 1e-12
    assert Floor().cell(cell, 0) is cell


def test_reasons_add_up_to_the_score(cell: PalletCell) -> None:
    class Bent:
        def scores(self, features: Array) -> Array:
            return np.tanh(features[:, 0]) - features[:, 3] * features[:, 1]

    rng = np.random.default_rng(0)
    features = rng.normal(size=(7, len(FEATURES)))
    why = reasons(Bent(), features, 2)
    others = np.delete(features, 2, axis=0).mean(axis=0)
    gain = Bent().scores(features[2:3])[0] - Bent().scores(others[None])[0]
    assert sum(reason.added for reason in why) == pytest.approx(gain, abs=2e-3)
    assert {reason.feature for reason in why} == {FEATURES[k] for k in (0, 1, 3)}
    assert [abs(r.added) for r in why] == sorted((abs(r.added) for r in why), reverse=True)


def test_moments_are_spread_and_none_is_shown_twice() -> None:
    assert spread(0, 8) == []
    assert spread(3, 8) == [0, 1, 2]
    assert spread(30, 4) == [0, 10, 19, 29]


def test_an_evaluation_writes_counts_film_and_page(drawn: list[int], tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "a.json", tmp_path / "a.png", tmp_path / "a.html")
    shown = Wanted(moments=2, choices=1, troubles=1)
    result = hold(exam(3, shown=shown, troubles=1), outputs)
    assert json.loads(outputs.out.read_text()) == result
    assert (result["cases"], result["moved"], result["interventions"]) == (5, 4, 1)
    assert set(result["levels"]) == {"easy", "mixed", "hard"}
    assert sum(result["steps"].values()) == pytest.approx(result["simulated_seconds"], abs=0.1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.json", "a.png"]
    page = (tmp_path / "a.html").read_text()
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "too heavy for the arm" in page
    assert "robolab evaluate mixed_pallet --episodes 1 --level hard --seed 2" in page
    assert page.count("data:image/jpeg") >= 5


def test_a_killed_evaluation_goes_on_where_it_was(drawn: list[int], tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "a.json")
    whole = hold(exam(3), Outputs(tmp_path / "whole.json"))

    class Killed(Exception):
        pass

    def kill(spent: float, total: float) -> None:
        raise Killed

    with pytest.raises(Killed):
        hold(exam(3), outputs, advance=kill)
    assert not outputs.out.exists()
    with pytest.raises(WeightsError, match="kept evaluation is another one"):
        hold(exam(4), outputs, resume=True)
    drawn.clear()
    gone_on = hold(exam(3), outputs, resume=True)
    assert drawn == [1, 2]
    unmeasured = {"perception_ms": 0.0}
    assert {**gone_on, **unmeasured} == {**whole, **unmeasured}
    assert not kept_beside(outputs.out).exists()


def test_without_resume_it_begins_anew(drawn: list[int], tmp_path: Path) -> None:
    kept = kept_beside(tmp_path / "a.json")
    kept.mkdir()
    (kept / "pallet-0000.json").write_text("{}")
    hold(exam(1), Outputs(tmp_path / "a.json"))
    assert drawn == [0]


def test_what_cannot_be_written_is_said_before_it_begins(drawn: list[int], tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    good = tmp_path / "a.json"
    for outputs in (
        Outputs(tmp_path),
        Outputs(blocked / "a.json"),
        Outputs(good, film=good),
        Outputs(good, report=tmp_path / "full"),
        Outputs(good, programs=tmp_path / "full"),
        Outputs(good, programs=blocked),
    ):
        with pytest.raises(OutputError):
            hold(exam(1), outputs)
    assert drawn == []
    assert {path.name for path in tmp_path.iterdir()} == {"blocked", "full"}


def test_an_exam_is_checked(drawn: list[int], tmp_path: Path) -> None:
    out = Outputs(tmp_path / "a.json")
    with pytest.raises(UnknownName, match="did you mean 'camera'"):
        hold(exam(1, perception="camra"), out)
    with pytest.raises(UnknownName, match="did you mean 'hard'"):
        hold(exam(1, levels=("hrd",)), out)
    with pytest.raises(UnknownName, match="a policy's folder"):
        hold(replace(exam(1), policy=str(tmp_path / "none")), out)
    assert drawn == []


def test_what_is_looked_at_is_drawn_by_the_seed() -> None:
    shows = [show_of("mixed_pallet", seed, "easy") for seed in (1, 2)]
    stands = [[item.pose for item in show.scene.objects] for show in shows]
    assert stands[0] != stands[1]
    names = {item.name for item in shows[0].scene.objects}
    assert names > {item.name for item in shows[0].cell.scene.objects}
    assert {case.name for case in shows[0].pallet.cases} < names


def test_a_player_shows_every_case_going_to_the_belt(
    cell: PalletCell, turns: Sequence[Turn]
) -> None:
    player = Player(cell)
    for turn in turns:
        player.feed(turn)
    start, highest = STACK[1].X_world_case[:3, 3], 0.0
    shot = player.advance(0.0)
    assert turns[0].option is not None
    assert shot.chosen == turns[0].option.face
    while not player.hungry and "high" in shot.poses and shot.moved == 0:
        shot = player.advance(0.1)
        highest = max(highest, float(shot.poses["high"][2, 3]))
    assert highest > start[2] + 0.02
    on_belt = shot.poses["high"][:3, 3]
    assert np.abs(on_belt[:2] - cell.X_world_belt[:2, 3]).max() < 0.3
    assert np.allclose(shot.poses["low"], STACK[0].X_world_case, atol=0.01)
    player.skip()
    assert not player.hungry
    end = player.skip()
    assert player.hungry
    assert end.moved == 2
    assert np.allclose(end.poses["high"][:3, 3], AWAY)


def test_moves_become_verified_programs(
    cell: PalletCell, turns: Sequence[Turn], tmp_path: Path
) -> None:
    said = write_programs(cell, pallet(*STACK), turns, tmp_path)
    assert (said["picks"], said["verified"]) == (2, 2), said
    for of in said["list"]:
        folder = tmp_path / of["program"]
        (script,) = of["files"]["urscript"]
        text = (folder / script).read_text()
        assert text.count("set_") >= 2
        program = load_program(folder / "program.json")
        outputs = [item for item in program.items if isinstance(item, Output)]
        assert [item.value for item in outputs] == [True, False]
        assert outputs[0].grasps == outputs[1].releases


def test_a_move_through_a_case_is_not_verified(
    cell: PalletCell, turns: Sequence[Turn], tmp_path: Path
) -> None:
    """A case that nobody saw stands where the arm goes."""
    carry = turns[0].carry
    assert carry is not None
    middle = cell.arm.tool(carry, np.array([carry.duration / 2.0]))[0]
    unseen = replace(STACK[0], name="unseen", X_world_case=middle)
    blocked = replace(turns[0], cases=(*turns[0].cases, unseen))
    said = write_programs(cell, pallet(*STACK, unseen), [blocked], tmp_path)
    assert (said["picks"], said["verified"]) == (1, 0)
    assert "unseen" in str(said["list"][0]["why"])
    assert list(tmp_path.iterdir()) == []
