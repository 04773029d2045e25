"""What is kept of one pallet: counts, where time went, what went wrong and when, and the pictures of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from robolab.jobs.pallet_cell import PalletCell
from robolab.jobs.pallet_film import spread
from robolab.jobs.pallet_picture import heat, jpeg, plain
from robolab.jobs.pallet_reasons import Reason, reasons
from robolab.jobs.pallet_tally import See, Tally
from robolab.jobs.pallet_watch import STEPS, Turn, Watched
from robolab.tasks.pallet_case import Pallet
from robolab.tasks.pallet_choice import Option
from robolab.tasks.pallet_policy import PickPolicy

COUNTS = ("cases", "moved", "drops", "collisions", "interventions", "double_picks")
WIDTH = 480
"""Of pictures [pixels]."""
_MOST_REASONS = 6


@dataclass(frozen=True)
class Wanted:
    """How many pictures of a pallet are taken: moments, choices, and troubles at most."""

    moments: int = 0
    choices: int = 0
    troubles: int = 0


@dataclass(frozen=True)
class Record:
    """What is kept: plain values, JPEG pictures by the names that these use, and the turns themselves."""

    row: dict[str, Any]
    pictures: dict[str, bytes]
    turns: tuple[Turn, ...]


def record(
    cell: PalletCell, pallet: Pallet, policy: PickPolicy, see: See, wanted: Wanted
) -> Record:
    """Empty a pallet and keep what happened."""
    turns: list[Turn] = []
    tally = Watched(cell, pallet, policy, see, turns.append).run()
    taken = _Taken(cell, pallet, policy)
    row = {
        "level": pallet.level,
        "seed": pallet.seed,
        **row_of(tally),
        "steps": _steps(turns, cell),
        "moved_at": [round(turn.ended, 2) for turn in turns for _ in range(turn.moved)],
        "troubles": taken.troubles(turns, wanted.troubles),
        "moments": [taken.moment(turns[k]) for k in spread(len(turns), wanted.moments)],
        "choices": taken.choices(turns, wanted.choices),
    }
    return Record(row, {name: jpeg(image) for name, image in taken.images.items()}, tuple(turns))


def row_of(tally: Tally) -> dict[str, Any]:
    """Return a tally as plain values."""
    values = asdict(tally)
    values["causes"] = dict(tally.causes)
    values["shortest_carry"] = tally.shortest_carry if tally.moved else None
    return values


def tally_of(row: dict[str, Any]) -> Tally:
    """Return the tally that a row holds."""
    tally = Tally(row["cases"])
    for name in asdict(tally):
        setattr(tally, name, row[name])
    tally.causes = Counter(row["causes"])
    if row["shortest_carry"] is None:
        tally.shortest_carry = float("inf")
    return tally


def _steps(turns: Sequence[Turn], cell: PalletCell) -> dict[str, float]:
    """Where the time of all turns went [s]."""
    total, lift = dict.fromkeys(STEPS, 0.0), cell.arm.base
    for turn in turns:
        for name, seconds in turn.steps(lift).items():
            total[name] += seconds
        lift = turn.moves[-1].lift if turn.moves else lift
    return {name: round(seconds, 2) for name, seconds in total.items()}


class _Taken:
    """Takes pictures and names them."""

    def __init__(self, cell: PalletCell, pallet: Pallet, policy: PickPolicy) -> None:
        self._cell, self._pallet, self._policy = cell, pallet, policy
        self.images: dict[str, Image.Image] = {}

    def moment(self, turn: Turn) -> dict[str, Any]:
        """A look with what was found and taken."""
        return self._about(turn, "look", plain(self._pallet, turn, WIDTH))

    def troubles(self, turns: Sequence[Turn], most: int) -> list[dict[str, Any]]:
        """What went wrong, in order of time; pictures of the first ones."""
        said: list[dict[str, Any]] = []
        for turn in (turn for turn in turns if turn.mishaps):
            of: dict[str, Any] = {"time": round(turn.began, 2), "what": turn.mishaps}
            if len(said) < most:
                of |= self._about(turn, "trouble", plain(self._pallet, turn, WIDTH))
            said.append(of)
        return said

    def choices(self, turns: Sequence[Turn], most: int) -> list[dict[str, Any]]:
        """How faces and placements were ranked at some of the choices, and why the first was."""
        chosen = [
            turn
            for turn in turns
            if turn.option is not None and turn.features is not None and len(turn.features) > 1
        ]
        return [self._choice(chosen[k]) for k in spread(len(chosen), most)]

    def _choice(self, turn: Turn) -> dict[str, Any]:
        ranked = turn.ranked(self._cell)
        assert turn.features is not None
        assert turn.option is not None
        image = heat(self._pallet, turn, ranked, self._cell.cups, WIDTH) if ranked else plain(self._pallet, turn, WIDTH)  # fmt: skip
        why = reasons_of(turn, self._policy)[:_MOST_REASONS]
        return {
            **self._about(turn, "choice", image),
            "ways": len(turn.features),
            "sure": _sure(self._policy, turn.option),
            "reasons": [asdict(reason) for reason in why],
        }

    def _about(self, turn: Turn, kind: str, image: Image.Image) -> dict[str, Any]:
        name = f"{kind}-{turn.number:03d}.jpg"
        self.images[name] = image
        return {"picture": name, "time": round(turn.began, 2), "words": in_words(turn)}


def _sure(policy: PickPolicy, option: Option) -> str:
    """Say how sure a policy is of a way; nothing where it does not say."""
    chances = getattr(policy, "chances", None)
    if chances is None:
        return ""
    chance, doubt, seconds = (float(of[0]) for of in chances(option.features[None]))
    return f"Likely to go well by {chance:.0%}, with a doubt of {doubt:.0%}; {seconds:.1f} s to the belt."


def reasons_of(turn: Turn, policy: PickPolicy) -> tuple[Reason, ...]:
    """Return why the way of a turn was ranked as it was; nothing where none was taken, or there was no other."""
    if turn.option is None or turn.features is None or len(turn.features) < 2:
        return ()
    at = np.nonzero((turn.features == turn.option.features).all(axis=1))[0]
    return reasons(policy, turn.features, int(at[0])) if at.size else ()


def in_words(turn: Turn) -> str:
    """Say what was seen and done in a turn."""
    found = sum(face.confidence > 0.0 for face in turn.view.faces)
    faces = "face" if found == 1 else "faces"
    seen = f"{found} {faces} found" if not turn.view.trouble else f"camera: {turn.view.trouble}"
    if turn.option is None:
        return f"{seen}; nothing taken"
    face = turn.view.faces[turn.option.face]
    length, width = (100.0 * float(side) for side in face.extent)
    what = f"{length:.0f} × {width:.0f} cm at {100.0 * float(face.X_world_face[2, 3]):.0f} cm, {len(turn.option.used)} cup"
    what += "s" * (len(turn.option.used) > 1)
    if turn.well:
        return f"{seen}; takes {what}" + (f", for {' and '.join(turn.why)}" if turn.why else "")
    why = ", ".join(dict.fromkeys(turn.mishaps)) or "no way there"
    return f"{seen}; tries {what}: {why}"
