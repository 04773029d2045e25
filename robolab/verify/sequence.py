"""Whether grasps, releases and loads make sense, and whether the program does the scene's job."""

from __future__ import annotations

from collections.abc import Iterator

import coal
import numpy as np

from robolab.core.transforms import Array, apply
from robolab.robots.model import Payload
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import LoadDoubt
from robolab.verify.checks import CHECKS, Case
from robolab.verify.pairs import distance, transform
from robolab.verify.report import BEYOND_ALL_SHARES, Finding, failed, passed
from robolab.verify.solids import FLOOR, floor_pose, scene_solid
from robolab.verify.story import Event, Situation

GRASP_DISTANCE = 5e-3
"""How far the tool centre point, and the lip of a suction cup, may be from what is grasped [m]."""
DROP = 1e-2
"""How far an object may fall when it is let go [m]."""
_MASS, _CENTRE, _INERTIA = 1e-3, 2e-3, 5e-2
_SIGMAS = 5.0
"""How many of its own standard deviations a payload that was felt may be off."""
_LIP_POINTS = 8


@CHECKS.register("sequence")
def sequence(case: Case) -> Iterator[Finding]:
    """Outputs, and what legs say they carry, follow from one another; contacts are earned."""
    faults = [(fault.index, fault.text) for fault in case.story.faults]
    faults += [
        (event.index, f"{event.name!r} is grasped, which the scene fixes in place")
        for event in case.story.events
        if event.kind == "grasp" and case.scene.object(event.name).mass == 0.0
    ]
    for situation in case.situations:
        faults += [(situation.index, text) for text in _unearned_contacts(situation)]
    for index, text in faults:
        leg = case.program.legs[index].name if index >= 0 else None
        yield failed("sequence", text, leg=leg, index=index if index >= 0 else None)
    if not faults:
        yield passed("sequence")


def _unearned_contacts(situation: Situation) -> Iterator[str]:
    """Contacts are for objects that the leg carries, is about to grasp, or has just let go."""
    handled = situation.grasps_next | situation.released_last
    if situation.held is not None:
        handled |= {situation.held.name}
    for pair in sorted(situation.leg.requirements.contacts):
        if not handled & set(pair):
            yield f"{pair[0]!r} may touch {pair[1]!r} on a leg that handles neither"


@CHECKS.register("payload")
def payload(case: Case) -> Iterator[Finding]:
    """The load that a leg was planned for is that of the object in the gripper, as far as it claims to know it.

    What was felt may be off by what the leg says; whether its motion is possible all the same is what the
    checks of torque and grip find, which take the true load.
    """
    for situation in case.situations:
        true, said = situation.payload, situation.leg.payload
        if situation.held is None or true is None:
            continue
        mass = 0.0 if said is None else said.mass
        doubt = situation.leg.doubt
        share = BEYOND_ALL_SHARES if said is None else _payload_share(true, said, doubt)
        yield Finding(
            check="payload",
            share=share,
            value=mass,
            limit=true.mass,
            margin=-abs(mass - true.mass),
            ok=share <= 1.0,
            unit="kg",
            leg=situation.leg.name,
            index=situation.index,
            where=(situation.held.name,),
            detail="" if share <= 1.0 else _payload_words(true, said),
        )


def _payload_share(true: Payload, said: Payload, doubt: LoadDoubt | None) -> float:
    mass, centre = (0.0, 0.0) if doubt is None else (_SIGMAS * doubt.mass, _SIGMAS * doubt.com)
    scale = float(np.linalg.norm(true.inertia)) or 1.0
    heavier = mass / true.mass
    shares = (
        abs(said.mass - true.mass) / (_MASS * true.mass + mass),
        float(np.linalg.norm(said.com - true.com)) / (_CENTRE + centre),
        float(np.linalg.norm(said.inertia - true.inertia)) / ((_INERTIA + heavier) * scale),
    )
    return min(max(shares), BEYOND_ALL_SHARES)


def _payload_words(true: Payload, said: Payload | None) -> str:
    if said is None:
        return f"planned without a load, {true.mass:.4g} kg are held"
    off = float(np.linalg.norm(said.com - true.com)) * 1e3
    return (
        f"planned for {said.mass:.4g} kg, {true.mass:.4g} kg are held; centres {off:.1f} mm apart"
    )


@CHECKS.register("grasp")
def grasp(case: Case) -> Iterator[Finding]:
    """The tool is at the object that it grasps, and the whole lip of a suction cup on its surface."""
    gripper = case.robot.gripper
    vacuum = gripper is not None and gripper.kind == "vacuum"
    for event in case.story.events:
        if event.kind != "grasp":
            continue
        radius = gripper.figures.get("cup_radius", 0.0) if gripper is not None and vacuum else 0.0
        gaps = [_to_object(case, event, point) for point in _lip(event.X_world_tcp, radius)]
        off = max(abs(gap) for gap in gaps) if vacuum else max(0.0, gaps[0])
        yield _event_finding(case, event, "grasp", off, GRASP_DISTANCE, "m")


def _lip(X_world_tcp: Array, radius: float) -> Array:
    """The tool centre point, and points around it on a cup's lip, shape (9, 3)."""
    turns = np.arange(_LIP_POINTS) * 2.0 * np.pi / _LIP_POINTS
    rim = radius * np.stack([np.cos(turns), np.sin(turns), np.zeros(_LIP_POINTS)], axis=1)
    return apply(X_world_tcp, np.vstack([np.zeros(3), rim]))


def _to_object(case: Case, event: Event, point: Array) -> float:
    """Signed distance of a point in world from the event's object [m]."""
    radius = 1e-4
    probe, X = coal.Sphere(radius), np.eye(4)
    X[:3, 3] = point
    solid = scene_solid(case.scene, event.name).hull
    return distance(probe, transform(X), solid, transform(event.X_world_object)) + radius


@CHECKS.register("release")
def release(case: Case) -> Iterator[Finding]:
    """An object that is let go falls at most a little, on to something that bears it."""
    gravity = np.asarray(case.scene.physics.gravity)
    if not np.any(gravity):
        return
    down = gravity / np.linalg.norm(gravity)
    for event in case.story.events:
        if event.kind == "release":
            fall, support = _fall(case.scene, event, down)
            yield _event_finding(case, event, "release", fall, DROP, "m", support)


def _fall(scene: SceneSpec, event: Event, down: Array) -> tuple[float, str | None]:
    """How far an object falls before it meets something, twice the limit if it does not."""
    standing = dict(event.objects)
    if scene.floor:
        standing[FLOOR] = floor_pose(scene)
    falls = [
        (_fall_onto(scene, event, name, X, down), name) for name, X in sorted(standing.items())
    ]
    fall, support = min(falls, default=(2.0 * DROP, ""))
    return (fall, support) if fall <= DROP else (2.0 * DROP, None)


def _fall_onto(scene: SceneSpec, event: Event, name: str, X: Array, down: Array) -> float:
    solid, support = scene_solid(scene, event.name).hull, scene_solid(scene, name).hull

    def apart(fall: float) -> float:
        moved = event.X_world_object.copy()
        moved[:3, 3] += fall * down
        return distance(solid, transform(moved), support, transform(X))

    if apart(DROP) > 0.0:
        return 2.0 * DROP
    low, high = 0.0, DROP
    while high - low > 1e-5:
        middle = (low + high) / 2.0
        low, high = (middle, high) if apart(middle) > 0.0 else (low, middle)
    return high


def _event_finding(
    case: Case,
    event: Event,
    check: str,
    value: float,
    limit: float,
    unit: str,
    other: str | None = None,
) -> Finding:
    ok = value <= limit
    words = {
        "grasp": f"the tool is {value * 1e3:.1f} mm off {event.name!r} as it grasps it",
        "release": f"{event.name!r} is let go with nothing within {limit * 1e3:.0f} mm below it",
    }
    return Finding(
        check=check,
        share=value / limit,
        value=value,
        limit=limit,
        margin=limit - value,
        ok=ok,
        unit=unit,
        leg=case.program.legs[event.index].name if event.index >= 0 else None,
        index=event.index if event.index >= 0 else None,
        where=(event.name,) if other is None else (event.name, other),
        detail="" if ok else words[check],
    )
