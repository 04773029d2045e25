"""Run a program in the physics and keep what happened."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.controller import GAINS_EVERY, Controller
from robolab.sim.gripper import GripEvent
from robolab.sim.readings import Readings
from robolab.sim.reference import Reference, reference_of
from robolab.sim.world import World
from robolab.trajectory.trajectory import Output, Program


@dataclass(frozen=True)
class DroppedObject:
    """An object that the gripper lost, or never had: when [s], which, why."""

    time: float
    object: str
    reason: str


@dataclass(frozen=True)
class TrackingLog:
    """What a program did in the physics, at k control times; joint arrays have shape (k, n).

    Attributes:
        time: Simulated [s], shape (k,).
        q_ref, qd_ref: The program's positions and velocities.
        q, qd: The arm's.
        torque: What the drives give the joints, after friction and rotors [N m or N].
        current: As the drives measure it [A].
        tcp_error: Distance of the tool centre point from where the program has it, shape (k,) [m].
        leg: Index of the leg in `program.legs`, -1 in between, shape (k,).
        outputs: Time, name and value of every output that was set.
        events: What the gripper took, lost and let go.
        dropped: Objects that were lost on the way or not taken at all.
        readings: The sensors'.
        objects: Pose of every movable object at the end, X_world_object by name.
    """

    joints: tuple[str, ...]
    time: Array
    q_ref: Array
    qd_ref: Array
    q: Array
    qd: Array
    torque: Array
    current: Array
    tcp_error: Array
    leg: np.ndarray
    outputs: tuple[tuple[float, str, bool], ...]
    events: tuple[GripEvent, ...]
    dropped: tuple[DroppedObject, ...]
    readings: Readings = field(default_factory=Readings)
    objects: dict[str, Array] = field(default_factory=dict[str, Array])


def run_program(world: World, program: Program) -> TrackingLog:
    """Run a whole program from its first position, with the arm's drives in the loop.

    The world should be fresh or reset. Feedforward is found before the run, feedback in it; the
    payload counts in the feedforward on the legs that carry it.
    """
    reference = reference_of(program, world.robot, world.control_period, world.measured)
    world.put_arm(reference.motion.q[0])
    run = _Run(world, reference)
    for k in range(len(reference.time)):
        run.step(k)
    return run.log(program)


class _Run:
    """The state of one run: arrays that fill up, and outputs that are still to come."""

    def __init__(self, world: World, reference: Reference) -> None:
        steps, n = reference.motion.q.shape
        self._world, self._reference = world, reference
        self._controller = Controller(world.robot)
        self._pending = list(reference.outputs)
        self._done: list[tuple[float, str, bool]] = []
        self._q, self._qd, self._torque, self._current = np.empty((4, steps, n))
        self._tcp = np.empty((steps, 3))

    def step(self, k: int) -> None:
        world, reference = self._world, self._reference
        self._set_outputs(float(reference.time[k]))
        if k % GAINS_EVERY == 0:
            self._controller.move_to(reference.motion.q[k], reference.payload_at(k))
        q, qd = world.joint_state()
        motion = reference.motion
        torque = self._controller.torque(motion.torque[k], motion.q[k], motion.qd[k], q, qd)
        self._q[k], self._qd[k], self._tcp[k] = q, qd, world.arm.tcp_position()
        world.step(torque, motion.losses[k])
        self._torque[k] = world.arm.motors.joint_torque
        self._current[k] = world.arm.motors.sense()

    def log(self, program: Program) -> TrackingLog:
        world, reference = self._world, self._reference
        wanted = world.robot.fk(reference.motion.q)[:, :3, 3]
        movable = [name for name, item in world.objects.items() if item.mass > 0.0]
        return TrackingLog(
            joints=program.joints,
            time=reference.time,
            q_ref=reference.motion.q,
            qd_ref=reference.motion.qd,
            q=self._q,
            qd=self._qd,
            torque=self._torque,
            current=self._current,
            tcp_error=np.linalg.norm(self._tcp - wanted, axis=1),
            leg=reference.leg,
            outputs=tuple(self._done),
            events=world.events,
            dropped=_dropped(world.events, reference.outputs),
            readings=world.readings(),
            objects={name: world.object_pose(name) for name in movable},
        )

    def _set_outputs(self, now: float) -> None:
        gripper = self._world.robot.gripper
        while self._pending and self._pending[0][0] <= now + 1e-9:
            _, output = self._pending.pop(0)
            self._done.append((now, output.name, output.value))
            if gripper is not None and (
                output.name == gripper.output or output.grasps or output.releases
            ):
                self._world.grip(output.value)


def _dropped(
    events: tuple[GripEvent, ...], outputs: tuple[tuple[float, Output], ...]
) -> tuple[DroppedObject, ...]:
    """Losses that the gripper noticed, and objects that it should have taken and did not."""
    lost = [DroppedObject(e.time, e.object or "", e.reason) for e in events if e.what == "dropped"]
    for time, output in outputs:
        if output.grasps is None:
            continue
        until = next(
            (t for t, other in outputs if other.releases == output.grasps and t > time), np.inf
        )
        took = [e for e in events if e.what == "held" and time <= e.time <= until]
        if not any(e.object == output.grasps for e in took):
            missed = [e.reason for e in events if e.what == "missed" and time <= e.time <= until]
            reason = missed[0] if missed else "the gripper did not take it"
            lost.append(DroppedObject(time, output.grasps, reason))
    return tuple(sorted(lost, key=lambda item: item.time))
