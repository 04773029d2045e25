"""The cell of a mixed pallet: its arm, its cups, what stands around, and where cases go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.rng import stream
from robolab.core.transforms import Array, pose_rpy
from robolab.kernels.obstacles import Sized
from robolab.planning.ik import solve_ik
from robolab.planning.pallet_moves import Move, PalletArm, Stop
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.scene.spec import BoxShape, CylinderShape, PoseTarget, SceneSpec
from robolab.tasks.pallet_case import DECKS, ArmKind, Case, Deck
from robolab.tasks.pallet_doubt import ON_SPOT
from robolab.tasks.pallet_faces import SURE, SeenFace, Spot, upper_face
from robolab.tasks.pallet_grip import GIVE, Cups, cups_of

SCENES: dict[str, ArmKind] = {"mixed_pallet": "ur10e", "mixed_pallet_large": "palletiser"}
"""Scenes whose pallets are drawn."""
BELT, PALLET, COLUMN = "belt", "pallet", "column"
TALLEST: dict[ArmKind, float] = {"ur10e": 0.26, "palletiser": 0.4}
"""What a case whose lower edge is not seen may measure [m]."""
LIFTS: dict[ArmKind, tuple[float, ...]] = {"ur10e": (0.45, 0.85), "palletiser": ()}
"""Heights at which the base may stand [m]."""
_BLURRED = 0.012
"""How far a face that is not sure may reach farther than it looks [m]."""
_EDGE, _LEDGE = 0.06, 0.035
"""How far below an edge a larger case may begin, and how far it may stand out from under it [m]."""
_HIGHER = 0.07
"""How much higher than it looks a face may be of which the camera is not sure [m]."""
LIFT_SPEED = 0.08
"""Of the lift column [m/s]: what makers of such columns state."""
_HIGH = 0.75
"""Tool height from which the upper stop of the lift is used [m]."""


@dataclass(frozen=True)
class PalletCell:
    """Attributes:
    X_world_belt: Where cases are set down: on the belt, x along it, z up, shape (4, 4).
    home: Joint positions above the belt from which the arm begins, shape (n,); start: X_world_tcp there.
    rated: The greatest load of the arm besides its tool [kg].
    """

    scene: SceneSpec
    kind: ArmKind
    arm: PalletArm
    cups: Cups
    X_world_belt: Array
    home: Array
    start: Array
    rated: float

    @property
    def deck(self) -> Deck:
        return DECKS[self.kind]

    def lift_for(self, height: float) -> float:
        """Height of the base for a tool height [m]."""
        stops = LIFTS[self.kind]
        if not stops:
            return self.arm.base
        return stops[1] if height > _HIGH else stops[0]


def pallet_cell(name: str) -> PalletCell:
    """Load the cell of a scene.

    Raises:
        SceneError: the scene is none of a mixed pallet, or lacks what these need.
    """
    if name not in SCENES:
        raise SceneError(
            "is not a scene of mixed pallets",
            field="SCENE",
            value=name,
            expected=" or ".join(SCENES),
        )
    scene, kind = load_scene(name), SCENES[name]
    robot = load_robot(scene.robot, scene.folder)
    belt = scene.targets[BELT]
    assert robot.gripper is not None
    assert isinstance(belt, PoseTarget)
    X_belt = belt.pose.matrix()
    X_belt[:3, :3] = np.eye(3)
    solids = [_solid(scene, item.name) for item in scene.objects]
    still = [one for one in solids if one[0] != COLUMN]
    column = [one for one in solids if one[0] == COLUMN]
    arm = PalletArm(robot, still, column, scene.requirements.tool_speed or 3.0)
    rated = (robot.rated_load or np.inf) - _TOOL_MASS[kind]
    home = _home(arm, X_belt, DECKS[kind])
    start = robot.fk(home)
    arm.turn = float(arm.cylindrical(start)[3])
    return PalletCell(scene, kind, arm, cups_of(robot.gripper, kind), X_belt, home, start, rated)


def _home(arm: PalletArm, X_belt: Array, deck: Deck) -> Array:
    """Joint positions with the empty tool above the belt, its last joint at 0, bent as the robot's own home."""
    checker = arm.checker([], arm.base, 0.0)
    found: list[tuple[float, int, Array]] = []
    for k, q in enumerate(solve_ik(arm.robot, over(X_belt, _WAITING), stream(0, "pallet", "home"))):
        q[-1] = 0.0
        X_start, X_goal = arm.robot.fk(q), over(deck.X_world_deck, 0.6)
        arm.turn = float(arm.cylindrical(X_start)[3])
        move = arm.plan(Stop(X_start, 0.05), Stop(X_goal, 0.05), q, 1.1, arm.base, checker)
        if isinstance(move, Move):
            found.append((float(np.abs(q - arm.robot.home)[1:-1].sum()), k, q))
    return min(found, key=lambda one: one[:2])[2]


def over(X_world_place: Array, height: float) -> Array:
    """Return X_world_tcp with the tool straight down, so far above a place [m], shape (4, 4)."""
    return pose_rpy(X_world_place[:3, 3] + [0.0, 0.0, height], (np.pi, 0.0, 0.0))


_WAITING = 0.3
"""Height of the empty tool above the belt before the first pick [m]."""
_TOOL_MASS: dict[ArmKind, float] = {"ur10e": 0.6, "palletiser": 38.0}


def _solid(scene: SceneSpec, name: str) -> Sized:
    """A still body as a box, round ones as the box around them."""
    item = scene.object(name)
    X, shape = item.pose.matrix(), item.shape
    if isinstance(shape, BoxShape):
        return name, X, np.array(shape.size) / 2.0
    assert isinstance(shape, CylinderShape)
    return name, X, np.array([shape.radius, shape.radius, shape.length / 2.0])


def face_name(number: int) -> str:
    """Name under which the space below a face is known to checkers."""
    return f"face-{number}"


def seen_boxes(faces: Sequence[SeenFace], deck: Deck) -> list[Sized]:
    """Return what the arm keeps away from: the space below every perceived face, as far as the cups' bellows give."""
    wider = (_BLURRED if 0.0 < face.confidence < SURE else 0.0 for face in faces)
    return _columns(face_name, faces, deck, repeat(GIVE), wider)


def hidden_boxes(faces: Sequence[SeenFace], deck: Deck) -> list[Sized]:
    """Return the space that cases may take up beside what is seen of them, or larger ones under their edges."""
    below = (_hidden_below(face) for face in faces)
    return _columns("beside-{}".format, faces, deck, below, repeat(_LEDGE))


def _hidden_below(face: SeenFace) -> float:
    """How far below what is seen of it something may begin that is wider; negative above [m]."""
    if isinstance(face, Spot):
        return -ON_SPOT
    return _EDGE if face.confidence >= SURE else GIVE - _HIGHER * (face.confidence > 0.0)


def _columns(
    name: Callable[[int], str],
    faces: Sequence[SeenFace],
    deck: Deck,
    below: Iterable[float],
    beside: Iterable[float],
) -> list[Sized]:
    """Boxes from the deck to so far below each face, so much wider than it on every side [m]."""
    boxes: list[Sized] = []
    for i, (face, lower, wider) in enumerate(zip(faces, below, beside, strict=False)):
        top = float(face.X_world_face[2, 3]) - lower
        if top <= deck.top:
            continue
        X = np.eye(4)
        yaw = float(np.arctan2(face.X_world_face[1, 0], face.X_world_face[0, 0]))
        X[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
        X[:3, 3] = [*face.X_world_face[:2, 3], (top + deck.top) / 2.0]
        half = np.asarray(face.extent) / 2.0 + wider
        boxes.append((name(i), X, np.array([*half, (top - deck.top) / 2.0])))
    return boxes


def true_boxes(cases: Iterable[Case]) -> list[Sized]:
    """Return cases as the arm may not touch them: from above, only harder than the cups' bellows give."""
    boxes: list[Sized] = []
    for case in cases:
        face = upper_face(case)
        up = int(np.argmax(np.abs(case.X_world_case[2, :3])))
        X, half = case.X_world_case.copy(), np.array(case.size) / 2.0
        X[:3, 3] -= face.X_world_face[:3, 2] * GIVE / 2.0
        half[up] -= GIVE / 2.0
        boxes.append((case.name, X, half))
    return boxes
