"""What a scene file says, as frozen values. Unknown keys are errors.

Lengths are metres, angles radians unless the key ends in `_deg`, rates hertz, masses kilograms.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from robolab.core.transforms import Array, pose, pose_rpy
from robolab.scene.base import Name, NotNegative, Positive, Quaternion, Spec, Vector3
from robolab.scene.track_spec import TrackRange, TrackSpec


class PoseSpec(Spec):
    """A pose in its parent's frame; give `rpy_deg` or `quat_xyzw`, not both."""

    position: Vector3 = (0.0, 0.0, 0.0)
    rpy_deg: Vector3 | None = None
    quat_xyzw: Quaternion | None = None

    @model_validator(mode="after")
    def _one_rotation(self) -> PoseSpec:
        if self.rpy_deg is not None and self.quat_xyzw is not None:
            raise ValueError("give rpy_deg or quat_xyzw, not both")
        if self.quat_xyzw is not None and abs(sum(c * c for c in self.quat_xyzw) - 1.0) > 1e-3:
            raise ValueError("quat_xyzw must have length 1")
        return self

    def matrix(self) -> Array:
        """Return the pose, shape (4, 4)."""
        if self.quat_xyzw is not None:
            return pose(self.position, self.quat_xyzw)
        roll, pitch, yaw = self.rpy_deg or (0.0, 0.0, 0.0)
        degree = 3.141592653589793 / 180.0
        return pose_rpy(self.position, (roll * degree, pitch * degree, yaw * degree))


class PhysicsSpec(Spec):
    """Rates of the physics and of the joint controller."""

    rate_hz: Positive = 1000.0
    control_rate_hz: Positive = 500.0
    gravity: Vector3 = (0.0, 0.0, -9.81)


class ToolSpec(Spec):
    """A tool on the robot's flange: a registered tool or a folder beside the scene."""

    model: str
    parameters: dict[str, float] = {}


class RobotSpec(Spec):
    """A robot: a registered model or a folder beside the scene that holds `robot.yaml`."""

    name: Name
    model: str
    base: PoseSpec = PoseSpec()
    home: tuple[float, ...] | None = None
    tool: ToolSpec | None = None
    joint_limits: dict[str, tuple[float, float]] = {}


class BoxShape(Spec):
    type: Literal["box"]
    size: tuple[Positive, Positive, Positive]


class CylinderShape(Spec):
    """A cylinder along its z axis."""

    type: Literal["cylinder"]
    radius: Positive
    length: Positive


class SphereShape(Spec):
    type: Literal["sphere"]
    radius: Positive


class MeshShape(Spec):
    """A triangle mesh beside the scene, or `package://ROOT/...`; collision is its convex hull."""

    type: Literal["mesh"]
    file: str
    scale: Positive = 1.0


Shape = Annotated[BoxShape | CylinderShape | SphereShape | MeshShape, Field(discriminator="type")]


class ObjectSpec(Spec):
    """A body in the scene; mass 0 fixes it in place.

    `look` is a mesh shown in place of the shape; contact, planning and verification use the shape.
    """

    name: Name
    shape: Shape
    look: MeshShape | None = None
    pose: PoseSpec = PoseSpec()
    mass: NotNegative = 0.0
    friction: NotNegative = 0.6
    restitution: NotNegative = 0.0
    colour: tuple[float, float, float] = (0.6, 0.6, 0.62)


class SensorSpec(Spec):
    """A sensor by its registered type; `parameters` are checked by that type's own spec.

    `mount` is "world", or "ROBOT/LINK" such as "arm/tool0"; the pose is in that frame.
    """

    name: Name
    type: str
    mount: str = "world"
    pose: PoseSpec = PoseSpec()
    rate_hz: Positive = 100.0
    delay_s: NotNegative = 0.0
    parameters: dict[str, Any] = {}


class ObjectRange(Spec):
    """How far an object may lie from where the scene puts it; drawn uniformly."""

    object: Name
    position: tuple[NotNegative, NotNegative, NotNegative] = (0.0, 0.0, 0.0)
    yaw_deg: NotNegative = 0.0
    mass: tuple[Positive, Positive] | None = None
    friction: tuple[Positive, Positive] | None = None


Kind = Literal["shelf", "table", "bin", "cage", "posts", "clutter"]


class FurnitureSpec(Spec):
    """Surroundings drawn anew for every seed: of one of the kinds, or of two, sized for an arm of this reach [m]."""

    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    reach: Positive


class RandomisationSpec(Spec):
    objects: tuple[ObjectRange, ...] = ()
    tracks: tuple[TrackRange, ...] = ()
    furniture: FurnitureSpec | None = None


class UprightSpec(Spec):
    """The tool's z axis stays within an angle of a direction in world."""

    axis: Vector3 = (0.0, 0.0, -1.0)
    within_deg: Positive


class RequirementsSpec(Spec):
    """What the process asks of every leg, unless a step says otherwise.

    Clearances hold between robot and surroundings, and between the carried object and
    surroundings. `limits_share` scales velocity, acceleration and jerk limits.
    """

    upright: UprightSpec | None = None
    upright_when: Literal["always", "carrying"] = "carrying"
    tool_speed: Positive | None = None
    tool_acceleration: Positive | None = None
    clearance: NotNegative = 0.01
    carried_clearance: NotNegative = 0.005
    limits_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    tracking_error: Positive = 0.02


class ApproachSpec(Spec):
    """A straight way in or out; `direction` points along the motion, in world."""

    direction: Vector3
    distance: Positive
    speed: Positive | None = None


class JointTarget(Spec):
    joints: tuple[float, ...]


class PoseTarget(Spec):
    """A pose of the tool centre point in world."""

    pose: PoseSpec


class GridTarget(Spec):
    """Poses `NAME/0`, `NAME/1`, … of object centres on a pallet, x fastest, then y, then z."""

    grid: PoseSpec
    pitch: Vector3
    count: tuple[int, int, int]


Target = JointTarget | PoseTarget | GridTarget
TargetRef = str | JointTarget | PoseTarget


class MoveFree(Spec):
    """Move to a target by any collision-free way. "home" is always a target."""

    do: Literal["move_free"]
    to: TargetRef
    blend: NotNegative = 0.0


class MoveStraight(Spec):
    """Move the tool centre point along a straight line, with a greatest speed if given."""

    do: Literal["move_straight"]
    to: TargetRef
    speed: Positive | None = None
    blend: NotNegative = 0.0


class Pick(Spec):
    """Approach, close or suck, and retreat with the object.

    `grasp` is the pose of the tool centre point in the object's frame.
    """

    do: Literal["pick"]
    object: Name
    grasp: PoseSpec
    approach: ApproachSpec
    retreat: ApproachSpec
    settle_s: NotNegative = 0.2


class Place(Spec):
    """Carry the held object to a pose (a PoseTarget or grid slot, of the object in world), let go, retreat."""

    do: Literal["place"]
    at: str | PoseTarget
    approach: ApproachSpec
    retreat: ApproachSpec
    settle_s: NotNegative = 0.2


class Wait(Spec):
    do: Literal["wait"]
    seconds: Positive


class SetOutput(Spec):
    """Set a digital output of the controller by name."""

    do: Literal["set_output"]
    output: Name
    value: bool


Step = Annotated[
    MoveFree | MoveStraight | Pick | Place | Wait | SetOutput, Field(discriminator="do")
]


class BoxVolume(Spec):
    """An upright box in world."""

    low: Vector3
    high: Vector3

    @model_validator(mode="after")
    def _ordered(self) -> BoxVolume:
        if any(a > b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError("low must not exceed high")
        return self


class WorkVolumeSpec(Spec):
    """Where tool poses are drawn from to train and to measure a planner.

    The tool's z axis points along `axis` within `tilt_deg`, its turn about that axis is free.
    """

    boxes: tuple[BoxVolume, ...]
    axis: Vector3 = (0.0, 0.0, -1.0)
    tilt_deg: NotNegative = 20.0


class CameraView(Spec):
    """Where a picture of the scene is taken from."""

    eye: Vector3 = (2.5, -2.5, 2.0)
    target: Vector3 = (0.0, 0.0, 0.5)
    fov_deg: Positive = 50.0


class SceneSpec(Spec):
    """A whole scene file."""

    name: Name
    description: str = ""
    physics: PhysicsSpec = PhysicsSpec()
    floor: bool = True
    floor_height: float = 0.0
    robots: Annotated[tuple[RobotSpec, ...], Field(min_length=1)]
    objects: tuple[ObjectSpec, ...] = ()
    sensors: tuple[SensorSpec, ...] = ()
    tracks: tuple[TrackSpec, ...] = ()
    randomisation: RandomisationSpec = RandomisationSpec()
    requirements: RequirementsSpec = RequirementsSpec()
    targets: dict[Name, Target] = {}
    job: tuple[Step, ...] = ()
    work_volume: WorkVolumeSpec | None = None
    view: CameraView = CameraView()
    folder: Annotated[Path, Field(exclude=True)] = Path()
    """Folder of the file; set by the loader, never by the file."""

    @property
    def robot(self) -> RobotSpec:
        """The robot that does the job: the first one."""
        return self.robots[0]

    def object(self, name: str) -> ObjectSpec:
        """Return the object of that name."""
        return next(item for item in self.objects if item.name == name)
