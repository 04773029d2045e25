"""The job behind `robolab evaluate mixed_pallet`: pallets nobody has learned from, emptied one after the other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from robolab import __version__
from robolab.core.assets import shipped
from robolab.core.errors import UnknownName
from robolab.core.files import content_hash, write_bytes, write_json
from robolab.core.rng import stream
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.jobs.pallet_floor import USUAL, Floor
from robolab.jobs.pallet_record import COUNTS, Wanted, record, tally_of
from robolab.jobs.pallet_tally import See, Tally
from robolab.jobs.pallet_watch import STEPS
from robolab.tasks.pallet_case import LEVELS, Case, Level, Pallet, Split, draw_pallet
from robolab.tasks.pallet_faces import View, faces_in_view
from robolab.tasks.pallet_policy import HighestFirst, PickPolicy

PERFECT, CAMERA, GEOMETRY = "perfect", "camera", "geometry"
PERCEPTIONS = (PERFECT, CAMERA, GEOMETRY)
"""The truth a little off; a camera with the shipped network; a camera with geometry alone."""
RULE, DEPALLETISE = "highest_first", "depalletise"
NONE, FILM, PAGE = Wanted(), Wanted(moments=8), Wanted(moments=12, choices=4, troubles=3)
"""Pictures of a pallet that is shown, on a strip and on a page."""


@dataclass(frozen=True)
class Exam:
    """What pallets are emptied, by whom, under which conditions.

    Attributes:
        episodes: How many pallets; number k is of level k, in turn, and drawn by `seed` + k.
        policy: A name, or a policy's folder.
        perception: One of `PERCEPTIONS`.
        shown: Pictures that are taken of the first `films` pallets of each level. troubles: Of all others, at most.
        programs: Whether each move is verified and exported.
    """

    scene: str
    episodes: int
    seed: int
    policy: str
    perception: str = PERFECT
    split: Split = "unseen"
    levels: tuple[Level, ...] = LEVELS
    floor: Floor = USUAL
    shown: Wanted = NONE
    films: int = 1
    troubles: int = 0
    programs: bool = False

    def checked(self) -> Exam:
        """Return it, if it can be held.

        Raises:
            SceneError: no scene of mixed pallets.
            UnknownName: no such policy, perception or level.
            WeightsError: the policy's weights are damaged.
        """
        pallet_cell(self.scene)
        policy_of(self.policy)
        if self.perception not in PERCEPTIONS:
            raise UnknownName("perception", self.perception, PERCEPTIONS)
        for level in self.levels:
            if level not in LEVELS:
                raise UnknownName("level", level, LEVELS)
        return self

    def identity(self) -> dict[str, Any]:
        """Return what must be the same for a run to be gone on with."""
        folder = _folder(self.policy)
        files = sorted(folder.glob("*")) if folder is not None else []
        of = content_hash(*(file for file in files if file.is_file()))
        said = {**asdict(self), "robolab": __version__, "policy_digest": of}
        plain: dict[str, Any] = json.loads(json.dumps(said))
        return plain

    def pallet(self, k: int) -> Pallet:
        """Draw a pallet by its number."""
        level = self.levels[k % len(self.levels)]
        return draw_pallet(level, self.seed + k, self.split, _cell(self.scene).kind)


def policy_of(name: str | Path) -> PickPolicy:
    """Return a policy: the rule to beat, the shipped one, or one from a folder.

    Raises:
        UnknownName: no such policy.
        WeightsError: its weights are damaged.
    """
    folder = _folder(name)
    if folder is None:
        return HighestFirst()
    if not folder.is_dir():
        raise UnknownName("policy", str(name), (RULE, DEPALLETISE, "a policy's folder"))
    from robolab.learning.pick_policy import LearnedPick

    return LearnedPick.load(folder)


def _folder(name: str | Path) -> Path | None:
    """A policy's folder; None for the rule."""
    if str(name) == RULE:
        return None
    return shipped("policies") / name if str(name) == DEPALLETISE else Path(name)


def default_policy() -> str:
    """Return the shipped policy's name, or the rule's where none is shipped."""
    return DEPALLETISE if (shipped("policies") / DEPALLETISE).is_dir() else RULE


def evaluate(
    exam: Exam,
    kept: Path | None = None,
    workers: int = 0,
    advance: Callable[[float, float], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Empty pallets of all levels in turn; return counts, rates, and failures by cause.

    Args:
        kept: Folder in which each pallet is kept as it is done, with its pictures; those that are there already are
            not emptied again.
        workers: Processes that do it; none for this one.
    Raises:
        SceneError, UnknownName, WeightsError: see `Exam.checked`.
        WorkersError: processes keep dying.
    """
    from robolab.learning.workers import Local, Processes

    exam.checked()
    job = partial(emptied, exam, kept)
    rows: list[dict[str, Any]] = []
    with closing(Processes(workers) if workers else Local()) as hands:
        for row in hands.map(job, range(exam.episodes)):
            rows.append(row)
            advance(float(len(rows)), float(exam.episodes))
    return result_of(exam, rows)


def emptied(exam: Exam, kept: Path | None, k: int) -> dict[str, Any]:
    """Empty pallet number k, or read what was kept of it."""
    file = None if kept is None else kept / f"pallet-{k:04d}.json"
    if file is not None and file.is_file():
        row: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return row
    pallet = exam.pallet(k)
    shown = exam.shown if k < exam.films * len(exam.levels) else Wanted(troubles=exam.troubles)
    cell = exam.floor.cell(_cell(exam.scene), pallet.seed)
    see = _eyes(exam.perception, exam.floor, exam.scene)(pallet)
    done = record(cell, pallet, _policy(exam.policy), see, shown)
    row = {**done.row, "number": k}
    if file is None or kept is None:
        return row
    if exam.programs:
        from robolab.jobs.pallet_programs import write_programs

        row["programs"] = write_programs(cell, pallet, done.turns, kept / f"programs-{k:04d}")
    for name, data in done.pictures.items():
        write_bytes(kept / f"pallet-{k:04d}-{name}", data)
    write_json(file, row)  # last: with it, the pallet counts as done
    return row


def result_of(exam: Exam, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what `robolab evaluate` writes."""
    levels = [level for level in exam.levels if any(row["level"] == level for row in rows)]
    return {
        **summary([tally_of(row) for row in rows]),
        "scene": exam.scene,
        "policy": exam.policy,
        "perception": exam.perception,
        "split": exam.split,
        "episodes": exam.episodes,
        "seed": exam.seed,
        "floor": asdict(exam.floor),
        "exam": exam.identity(),
        "levels": {
            level: summary([tally_of(row) for row in rows if row["level"] == level])
            for level in levels
        },
        "steps": steps_of(rows),
        "causes": causes(rows),
        "pallets": [_row(row) for row in rows],
    }


@lru_cache(maxsize=2)
def _cell(scene: str) -> PalletCell:
    return pallet_cell(scene)


@lru_cache(maxsize=2)
def _eyes(perception: str, floor: Floor, scene: str) -> Callable[[Pallet], See]:
    """What looks at pallets, after a first look that is not timed: kernels compile, networks load."""
    eyes = seeing(perception, floor)
    if perception == PERFECT:
        return eyes
    pallet = draw_pallet("easy", 0, "train", _cell(scene).kind)
    eyes(pallet)(pallet.cases, 0)
    return eyes


@lru_cache(maxsize=2)
def _policy(name: str) -> PickPolicy:
    return policy_of(name)


def seeing(perception: str, floor: Floor = USUAL) -> Callable[[Pallet], See]:
    """Return what looks at a pallet.

    Raises:
        UnknownName: no such perception.
    """
    if perception == PERFECT:
        return lambda pallet: perfect(pallet.seed)
    if perception not in PERCEPTIONS:
        raise UnknownName("perception", perception, PERCEPTIONS)
    from robolab.jobs.pallet_camera import camera, edges

    network = edges() if perception == CAMERA else None
    return lambda pallet: camera(pallet.deck, pallet.seed, network, floor.faults())


def perfect(seed: int) -> See:
    """Return what sees every case that a camera above could, a little off."""

    def see(cases: Sequence[Case], look: int) -> View:
        return View(faces_in_view(cases, stream(seed, "pallet", "perfect", look)))

    return see


def summary(tallies: Sequence[Tally]) -> dict[str, Any]:
    """Return counts over pallets, and cases an hour of simulated time."""
    counts = {name: sum(getattr(tally, name) for tally in tallies) for name in COUNTS}
    seconds = sum(tally.seconds for tally in tallies)
    least = min((t.shortest_carry for t in tallies if t.moved), default=0.0)
    return {
        **counts,
        "cases_per_hour": round(3600.0 * counts["moved"] / max(seconds, 1e-9), 1),
        "perception_ms": round(
            1e3 * float(np.mean([t for one in tallies for t in one.looking] or [0.0])), 1
        ),
        "simulated_seconds": round(seconds, 2),
        "shortest_carry_m": round(least, 3),
    }


def steps_of(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return where the simulated time of all pallets went, by step [s]."""
    return {name: round(sum(row["steps"][name] for row in rows), 2) for name in STEPS}


def causes(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what went wrong, most frequent first, each with the pallets on which it did."""
    total = Counter[str]()
    for row in rows:
        total.update(row["causes"])
    return {
        cause: {
            "count": count,
            "pallets": [f"{row['level']}:{row['seed']}" for row in rows if row["causes"].get(cause)][:20],
        }
        for cause, count in total.most_common()
    }  # fmt: skip


def _row(row: dict[str, Any]) -> dict[str, Any]:
    rate = 3600.0 * row["moved"] / max(row["seconds"], 1e-9)
    counts = {name: row[name] for name in COUNTS}
    return {
        "level": row["level"],
        "seed": row["seed"],
        **counts,
        "cases_per_hour": round(rate, 1),
        "seconds": round(row["seconds"], 2),
        "troubles": [{"time": of["time"], "what": of["what"]} for of in row["troubles"]],
    }
