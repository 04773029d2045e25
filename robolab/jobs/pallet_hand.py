"""The arm at a pallet: where it goes, what it has taken so far, and what is counted of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.pallet_attempt import LEAKS, PEELS, Attempt
from robolab.jobs.pallet_cell import LIFT_SPEED, PalletCell, face_name, seen_boxes, true_boxes
from robolab.jobs.pallet_motion import CLEARANCE, approach, first_touch
from robolab.jobs.pallet_tally import Tally
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_articles import Articles
from robolab.tasks.pallet_case import Case, Pallet
from robolab.tasks.pallet_choice import Option
from robolab.tasks.pallet_faces import CaseFace, SeenFace
from robolab.tasks.pallet_world import PalletWorld
from robolab.tasks.pallet_zones import share

_RISE = 0.03
"""How far above what seems to be where the tool stands it rises [m]."""


class Hand:
    """Moves the arm, takes cases with it, and counts what happens.

    Attributes:
        world: The pallet in physics. tally: What has happened so far.
        hung: Where the weight of what was lifted last hangs, at the height of the cups, shape (3,) [m]; None before.
        whole: The face of a case like others before, of which a piece was taken for all; None where that was not what failed.
        taken: The face of what came to the belt last, and the height of its bottom as it stood [m]; None before.
        articles: What was taken so far, and what turned out to be several cases.
        gain: Of the wrist's sensor, which is 1 as long as nothing is wrong with it.
        doubted: How many weighings in a row the motors did not confirm.
        rng, wrist, range, motors: Draw the noise of its senses, of its wrist while it draws a case out of the pile, of
            its range finder and of its motors.
        q, X: Joint positions (n,) and X_world_tcp (4, 4) of where the arm is. lift: Height of its base [m].
    """

    def __init__(self, cell: PalletCell, pallet: Pallet) -> None:
        self.cell = cell
        self.world = PalletWorld(pallet, cell.cups)
        self.tally = Tally(len(pallet.cases))
        self.q, self.X, self.lift = cell.home, cell.start, cell.arm.base
        self.hung: Array | None = None
        self.whole: CaseFace | None = None
        self.taken: tuple[SeenFace, float] | None = None
        self.articles = Articles()
        self._met: list[Array] = []
        self.rng = stream(pallet.seed, "pallet", "episode")
        self.wrist = stream(pallet.seed, "pallet", "wrist")
        self.range = stream(pallet.seed, "pallet", "range")
        self.motors = stream(pallet.seed, "pallet", "motors")
        self.gain, self.doubted = 1.0, 0

    def go(
        self, move: Move, lift: float, standing: dict[int, Case], held: Sequence[int] = ()
    ) -> None:
        """Move the arm; what it touches is noticed whatever was planned."""
        if lift != self.lift:
            self.tally.seconds += abs(lift - self.lift) / LIFT_SPEED
            self.lift = lift
        self.noticed(move, standing, held)
        self.tally.seconds += move.duration
        self.q, self.X = move.end, self.cell.arm.tool(move, np.array([move.duration]))[0]

    def noticed(
        self, move: Move, standing: dict[int, Case], held: Sequence[int] = (), until: float = np.inf
    ) -> None:
        """Count what the arm touches on a move, or on its beginning [s]."""
        boxes = true_boxes(case for i, case in standing.items() if i not in held)
        touch = first_touch(self.cell.arm.checker(boxes, self.lift, 0.0), move)
        if touch is not None and touch <= until:
            self.tally.collisions += 1
            self.tally.causes["arm touched a case"] += 1

    def meets(self, hard: bool) -> None:
        """Note that the tool, on its way to where it was to be lowered slowly, met something where it is now.

        Args:
            hard: So far above that its bellows do not give way to it.
        """
        self._met.append(self.X)
        if hard:
            self.tally.collisions += 1
            self.tally.causes["met a case unawares"] += 1

    def met_at(self, X_world_tcp: Array) -> list[float]:
        """Heights at which the tool has met something unawares where it is to go [m]."""
        reach = float(np.linalg.norm(self.cell.cups.half))
        return [
            float(X[2, 3])
            for X in self._met
            if np.linalg.norm(X[:2, 3] - X_world_tcp[:2, 3]) < reach
        ]

    def rise(self, faces: Sequence[SeenFace], standing: dict[int, Case]) -> None:
        """Go straight up, the way that the tool came, out of what seems to be where it stands: no plan begins there."""
        checker = self.cell.arm.checker(seen_boxes(faces, self.cell.deck), self.lift, CLEARANCE)
        near = {body for _, body in checker.colliding_bodies(self.q)}
        tops = [float(f.X_world_face[2, 3]) for i, f in enumerate(faces) if face_name(i) in near]
        if not tops:
            return
        above = self.X.copy()
        above[2, 3] = max(max(tops), float(above[2, 3])) + _RISE
        move = approach(self.cell, self.q, self.X, above, (), self.lift)
        if isinstance(move, Move):
            self.go(move, self.lift, standing)

    def take(
        self,
        option: Option,
        faces: Sequence[SeenFace],
        standing: dict[int, Case],
        bold: bool = False,
        seam: bool = False,
    ) -> str:
        """Take what the tool stands on and carry it to the belt; return why it was left, empty where it was not.

        Args:
            bold: Also take what hangs otherwise than its face promised.
            seam: Its face did not seal elsewhere: it may be several.
        """
        self.whole = None
        attempt = Attempt(self, option, faces, standing, bold, seam)
        some = self.some(faces[option.face], option.used, bold)
        if some and (trouble := attempt.run(some)) not in (PEELS, LEAKS):
            return trouble
        return attempt.run(option.used)

    def some(self, face: SeenFace, used: tuple[int, ...], bold: bool) -> tuple[int, ...]:
        """Those of some cups to begin with where a face may be two cases, and no seam would show under any cup."""
        deck = self.cell.deck
        surely = bool(deck.too_large(np.asarray(face.extent)).any())
        if not surely and (bold or self.articles.single(face)):
            return ()
        return share(face, self.X, self.cell.cups, used, deck)

    def fallen(self, fell: Sequence[int]) -> None:
        """Count cases that have fallen, by their numbers."""
        self.tally.drops += len(fell)
        if fell:
            self.tally.causes["neighbour fell"] += len(fell)
        off = [i for i in fell if i in self.world.gone]
        if off:  # what lies on the floor is nothing for the arm
            self.tally.interventions += 1
            self.tally.causes["fell off the pallet"] += len(off)
