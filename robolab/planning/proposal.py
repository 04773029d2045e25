"""What became of a network's proposals: how many, which was taken, how it was changed, or why none would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial

KEY = "proposal"
"""Where a planner's provenance holds it."""
POLISHED = "polished"
"""Where provenance holds how a curve was changed after it was found, to be faster."""
_POINTS = 201


@dataclass(frozen=True)
class Change:
    """Where a path is farthest from the curve that was proposed.

    Attributes:
        most: Greatest difference of one joint [rad or m].
        joint: Its name. at: Where along the path, from 0 to 1.
    """

    most: float
    joint: str
    at: float

    @classmethod
    def between(
        cls, proposed: PiecewisePolynomial, path: PiecewisePolynomial, joints: tuple[str, ...]
    ) -> Change:
        """Compare two curves over [0, 1] of the same n joints."""
        u: Array = np.linspace(0.0, 1.0, _POINTS)
        apart = np.abs(path(u) - proposed(u))
        where, joint = np.unravel_index(int(np.argmax(apart)), apart.shape)
        return cls(float(apart[where, joint]), joints[int(joint)], float(u[where]))

    def words(self) -> str:
        """Say it for people."""
        return f"{self.joint} by up to {self.most:.3f} rad, at {self.at * 100.0:.0f} % of the way"


@dataclass(frozen=True)
class Proposal:
    """What a network proposed for one motion, and what came of it.

    Attributes:
        proposals: How many curves it proposed, to all goals it was asked about.
        checked: How many curves were checked exactly, refined ones included.
        taken: Which was taken, counted from 1 in the order of promise; None where none was.
        change: How refining changed it; None where it is as proposed.
        why: Why none was taken.
        certainty: How sure the network was that this one is free as it is; of the surest where none was taken. None
            where the policy never learned that.
        hope: How sure it was that refining would make it so; None where that was not asked, or never learned.
    """

    proposals: int
    checked: int
    taken: int | None = None
    change: Change | None = None
    why: str = ""
    certainty: float | None = None
    hope: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Proposal:
        """Read what `to_json` has written."""
        change = content.get("change")
        rest: dict[str, Any] = {key: value for key, value in content.items() if key != "change"}
        return cls(**rest, change=Change(**change) if change else None)

    def words(self) -> str:
        """Say it in a line for people."""
        sure = how_sure(self.certainty)
        if self.taken is None:
            return f"given up, {sure} of the best: {self.why}"
        text = f"choice {self.taken} of {self.proposals}, {sure}"
        if self.change is None:
            return text + ", taken as proposed"
        hope = "" if self.hope is None else f", {how_sure(self.hope)} of refining it"
        return f"{text}{hope}, refined: {self.change.words()}"


def how_sure(certainty: float | None) -> str:
    """A chance in words; nothing is ever sure."""
    if certainty is None:
        return "not known how sure"
    if certainty > 0.995:
        return "over 99 % sure"
    return "under 1 % sure" if certainty < 0.005 else f"{certainty * 100.0:.0f} % sure"


def proposal_words(provenance: Mapping[str, Any]) -> str:
    """Say what a leg's provenance holds of proposals, its own and those of planners tried before, and of polishing."""
    parts = [
        f"{tried['planner']} {Proposal.from_json(tried[KEY]).words()}"
        for tried in provenance.get("tried_before", ())
        if KEY in tried
    ]
    if KEY in provenance:
        parts.append(Proposal.from_json(provenance[KEY]).words())
    if POLISHED in provenance:
        parts.append(f"polished: {Change(**provenance[POLISHED]).words()}")
    return "; ".join(parts)
