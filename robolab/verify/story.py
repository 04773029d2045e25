"""What happens to the objects as a program runs: the verifier's own account of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.robots.model import Payload
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify.arm import Arm, ToolMotion
from robolab.verify.motion import Samples, derivative, horner, sample
from robolab.verify.solids import scene_solid

SPACING = 1e-3
"""Longest time between samples of a leg [s]."""


@dataclass(frozen=True)
class Held:
    """An object in the gripper, fixed in the tool."""

    name: str
    X_tcp_object: Array


@dataclass(frozen=True)
class Situation:
    """One leg and what surrounds it.

    Attributes:
        held: What the outputs before it have grasped, or None.
        payload: The load that follows from what is held, or the leg's own if nothing is.
        objects: Poses in world of all objects that are not held.
        grasps_next, released_last: Objects that the outputs beside the leg take or let go.
    """

    index: int
    leg: Leg
    arm: Arm
    held: Held | None
    payload: Payload | None
    objects: Mapping[str, Array]
    grasps_next: frozenset[str] = frozenset()
    released_last: frozenset[str] = frozenset()

    @cached_property
    def samples(self) -> Samples:
        return sample(self.leg.trajectory.curve, SPACING)

    @cached_property
    def tool(self) -> ToolMotion:
        """Motion of the tool centre point at the samples."""
        return self.arm.tool_motion(self.samples.q, self.samples.qd, self.samples.qdd)


@dataclass(frozen=True)
class Event:
    """A grasp or a release.

    Attributes:
        kind: "grasp" or "release". index: The leg it follows, -1 before the first.
        X_world_tcp, X_world_object: Where tool and object are at that moment.
        objects: Poses in world of the other objects.
    """

    kind: str
    name: str
    index: int
    X_world_tcp: Array
    X_world_object: Array
    objects: Mapping[str, Array]


@dataclass(frozen=True)
class Fault:
    """Something in the program that cannot be, such as a release of what is not held."""

    index: int
    text: str


@dataclass(frozen=True)
class Story:
    situations: tuple[Situation, ...]
    events: tuple[Event, ...]
    faults: tuple[Fault, ...]
    objects: Mapping[str, Array]
    """Where the objects that are not held lie at the end."""


@dataclass
class _State:
    objects: dict[str, Array]
    X_world_tcp: Array
    held: Held | None = None
    situations: list[Situation] = field(default_factory=list[Situation])
    events: list[Event] = field(default_factory=list[Event])
    faults: list[Fault] = field(default_factory=list[Fault])

    def fault(self, text: str) -> None:
        self.faults.append(Fault(len(self.situations) - 1, text))


def follow(
    program: Program,
    scene: SceneSpec,
    arm: Arm,
    held: Held | None = None,
    objects: Mapping[str, Array] | None = None,
) -> Story:
    """Walk through a program, tracking every object from where the scene puts it.

    Args:
        held: What the gripper holds at the start.
        objects: Poses in world that differ from the scene's.
    """
    poses = {item.name: item.pose.matrix() for item in scene.objects} | dict(objects or {})
    if held is not None:
        poses.pop(held.name, None)
    state = _State(poses, arm.tool_pose(end_point(program.legs[0], 0)), held)
    beside = _events_beside_legs(program)
    for item in program.items:
        if isinstance(item, Leg):
            _run_leg(state, scene, arm, item, beside)
        elif not isinstance(item, Dwell):
            if item.releases is not None:
                _release(state, item.releases)
            if item.grasps is not None:
                _grasp(state, item.grasps)
    return Story(
        tuple(state.situations), tuple(state.events), tuple(state.faults), dict(state.objects)
    )


def end_point(leg: Leg, which: int) -> Array:
    """Joint positions at the start (0) or end (-1) of a leg, from its coefficients, shape (n,)."""
    curve = leg.trajectory.curve
    pieces = curve.breaks.size - 1
    piece = np.array([0 if which == 0 else pieces - 1])
    local = np.array([0.0 if which == 0 else curve.breaks[-1] - curve.breaks[-2]])
    return horner(derivative(curve.coefficients, 0), piece, local)[0]


def object_payload(scene: SceneSpec, held: Held) -> Payload | None:
    """The load that an object of even density puts on the tool; None without mass."""
    item = scene.object(held.name)
    if item.mass == 0.0:
        return None
    shape = scene_solid(scene, held.name).hull
    R, p = held.X_tcp_object[:3, :3], held.X_tcp_object[:3, 3]
    inertia = np.asarray(shape.computeMomentofInertiaRelatedToCOM())
    inertia = inertia * item.mass / shape.computeVolume()
    com = R @ np.asarray(shape.computeCOM()).ravel() + p
    return Payload(item.mass, com, R @ inertia @ R.T)


def _run_leg(
    state: _State,
    scene: SceneSpec,
    arm: Arm,
    leg: Leg,
    beside: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    held = state.held
    index = len(state.situations)
    payload = object_payload(scene, held) if held else leg.payload
    before, after = beside[index]
    state.situations.append(
        Situation(index, leg, arm, held, payload, dict(state.objects), after, before)
    )
    state.X_world_tcp = arm.tool_pose(end_point(leg, -1))
    name = held.name if held else None
    if leg.carried != name:
        state.fault(f"the leg says it carries {leg.carried!r}, the gripper holds {name!r}")


def _events_beside_legs(program: Program) -> list[tuple[frozenset[str], frozenset[str]]]:
    """For every leg, what was released just before it and what is grasped just after it."""
    gaps: list[tuple[set[str], set[str]]] = [(set(), set())]
    for item in program.items:
        if isinstance(item, Leg):
            gaps.append((set(), set()))
        elif not isinstance(item, Dwell):
            gaps[-1][0].update(name for name in (item.releases,) if name is not None)
            gaps[-1][1].update(name for name in (item.grasps,) if name is not None)
    return [(frozenset(gaps[k][0]), frozenset(gaps[k + 1][1])) for k in range(len(program.legs))]


def _grasp(state: _State, name: str) -> None:
    if state.held is not None:
        state.fault(f"{name!r} is grasped while {state.held.name!r} is held")
        return
    if name not in state.objects:
        state.fault(f"{name!r} is grasped, which the scene does not have")
        return
    X_world_object = state.objects.pop(name)
    state.held = Held(name, inverse(state.X_world_tcp) @ X_world_object)
    state.events.append(_event(state, "grasp", name, X_world_object))


def _release(state: _State, name: str) -> None:
    if state.held is None or state.held.name != name:
        held = None if state.held is None else state.held.name
        state.fault(f"{name!r} is released, the gripper holds {held!r}")
        return
    X_world_object = state.X_world_tcp @ state.held.X_tcp_object
    state.events.append(_event(state, "release", name, X_world_object))
    state.objects[name] = X_world_object
    state.held = None


def _event(state: _State, kind: str, name: str, X_world_object: Array) -> Event:
    return Event(
        kind,
        name,
        len(state.situations) - 1,
        state.X_world_tcp,
        X_world_object,
        dict(state.objects),
    )
