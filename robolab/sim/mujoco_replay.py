"""Run a program in MuJoCo: same drives, controller and clock as in `robolab.sim.tracking`, another engine.

The load is the one that each leg says, fixed to the tool: gripper, objects and contacts are not simulated. In the
pause between two legs it goes over from one's to the other's as the feedforward has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from robolab.core.errors import BadInput
from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import PhysicsSpec
from robolab.sim.controller import GAINS_EVERY, Controller
from robolab.sim.mujoco_arm import MujocoArm
from robolab.sim.reference import Reference, reference_of
from robolab.trajectory.trajectory import Program


@dataclass(frozen=True)
class ReplayLog:
    """What a program did in MuJoCo, at k control times; joint arrays have shape (k, n).

    Attributes:
        time: Simulated [s], shape (k,).
        q_ref: The program's positions.
        q: The arm's.
        torque: What the drives give the joints, after friction and rotors [N m or N].
        tcp_error: Distance of the tool centre point from where the program has it, shape (k,) [m].
        leg: Index of the leg in `program.legs`, -1 in between, shape (k,).
    """

    joints: tuple[str, ...]
    time: Array
    q_ref: Array
    q: Array
    torque: Array
    tcp_error: Array
    leg: np.ndarray


def replay(robot: RobotModel, program: Program, physics: PhysicsSpec) -> ReplayLog:
    """Run a whole program from its first position, with the arm's drives in the loop.

    Args:
        robot: What is simulated, and what the controller knows.
        physics: Rates and gravity; the control rate divides the physics rate.
    Raises:
        BadInput: MuJoCo is not installed, or the arm runs away in it.
        RobotError: MuJoCo refuses the robot's description.
    """
    arm = MujocoArm(robot, np.array(physics.gravity), 1.0 / physics.rate_hz)
    return run_in(arm, robot, program, physics)


def run_in(arm: MujocoArm, robot: RobotModel, program: Program, physics: PhysicsSpec) -> ReplayLog:
    """Run a program on an arm that may differ from what its controller takes it to be.

    Raises:
        BadInput: the arm runs away.
    """
    substeps = round(physics.rate_hz / physics.control_rate_hz)
    reference = reference_of(program, robot, substeps / physics.rate_hz)
    controller, motion = Controller(robot), reference.motion
    q, torque = np.empty_like(motion.q), np.empty_like(motion.q)
    tcp = np.empty((len(q), 3))
    arm.put(motion.q[0])
    loads = list(_loads(reference))
    for k, load in enumerate(loads):
        if k == 0 or load is not loads[k - 1]:
            arm.carry(load)
        if k % GAINS_EVERY == 0:
            controller.move_to(motion.q[k], reference.payload_at(k))
        q[k], qd = arm.joint_state()
        wanted = controller.torque(motion.torque[k], motion.q[k], motion.qd[k], q[k], qd)
        # A drive's limit is one of joint torque; what friction and rotor take, it gives on top.
        limit, losses = robot.limits.torque, motion.losses[k]
        torque[k] = np.clip(wanted - losses, -limit, limit)
        tcp[k] = arm.tcp_position()
        arm.step(torque[k] + losses, substeps)
    _refuse_runaway(program, reference, q)
    error = np.linalg.norm(tcp - robot.fk(motion.q)[:, :3, 3], axis=1)
    return ReplayLog(program.joints, reference.time, motion.q, q, torque, error, reference.leg)


def _refuse_runaway(program: Program, reference: Reference, q: Array) -> None:
    bad = np.flatnonzero(~np.isfinite(q).all(axis=1))
    if bad.size:
        row = int(bad[0])
        leg = int(reference.leg[row])
        raise BadInput(
            f"the arm runs away in MuJoCo {reference.time[row]:.3f} s after the start",
            field=f"program {program.name}",
            value="a pause" if leg < 0 else program.legs[leg].name,
            expected="a description and drives that can be controlled",
        )


def _loads(reference: Reference) -> Iterator[Payload | None]:
    """What the tool carries in each control step; the same object while it stays the same."""
    before: Payload | None = None
    for first, stop in _stretches(reference.leg):
        if reference.leg[first] >= 0:
            before = reference.payload_at(first)
            yield from [before] * (stop - first)
            continue
        after = reference.payload_at(stop) if stop < len(reference.leg) else None
        for share in np.linspace(0.0, 1.0, stop - first).tolist():
            yield before if after is before else mixed(before, after, share)


def _stretches(leg: np.ndarray) -> Iterator[tuple[int, int]]:
    """First row of each stretch of one leg or pause, and the row after its last."""
    edges = [0, *(np.flatnonzero(np.diff(leg)) + 1).tolist(), len(leg)]
    yield from pairwise(edges)


def mixed(a: Payload | None, b: Payload | None, share: float) -> Payload:
    """Return the load that weighs and turns as 1 - share of one and share of the other together."""
    parts = [(1.0 - share, a), (share, b)]
    held = [(part, load) for part, load in parts if load is not None and part * load.mass > 0.0]
    mass = sum(part * load.mass for part, load in held)
    if mass <= 0.0:
        return Payload(0.0)
    com = sum((part * load.mass * load.com for part, load in held), np.zeros(3)) / mass
    inertia = np.zeros((3, 3))
    for part, load in held:
        arm = load.com - com
        steiner = load.mass * (arm @ arm * np.eye(3) - np.outer(arm, arm))
        inertia += part * (np.asarray(load.inertia) + steiner)
    return Payload(mass, com, inertia)
