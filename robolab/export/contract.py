"""What an exporter is, what a controller can do, and the checks that every exporter shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.registry import Registry
from robolab.core.transforms import Array
from robolab.export.replay import Replay
from robolab.export.timeline import output_numbers
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program

# Legs must meet and rest at their ends this well, else the controller would jump or jerk.
JOIN_TOLERANCE = 1e-5
REST_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Capabilities:
    """What a controller accepts.

    Attributes:
        dof: Joint counts it drives.
        joints: The joint names it needs, in its order; None if any will do.
        max_points: Most points in a program.
        min_spacing: Least distance between neighbouring points, by the joint that moves most [rad or m].
        min_dt: Least time between neighbouring points [s].
        max_outputs: Most different digital outputs.
        dwell: Whether it can wait for a time.
    """

    dof: range = range(1, 100)
    joints: tuple[str, ...] | None = None
    max_points: int = 100_000
    min_spacing: float = 0.0
    min_dt: float = 1e-3
    max_outputs: int = 64
    dwell: bool = True


class Exporter(Protocol):
    """Writes a program in a controller's dialect, and reads that dialect back.

    `write` checks everything first, so that a refusal leaves no file; `read` understands the
    text or bytes alone, not what the writer had in memory.
    """

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def write(
        self, program: Program, robot: RobotModel, scene: SceneSpec, folder: Path
    ) -> list[Path]:
        """Write the program's files into a folder and return their paths.

        Raises:
            ExportError: the controller cannot do what the program asks.
            OutputError: the folder cannot be written.
        """
        ...

    def read(self, paths: Sequence[Path], robot: RobotModel) -> Replay:
        """Return what the controller would do with files that `write` made.

        Raises:
            ExportError: a file is malformed; the message names file, line and value.
        """
        ...


EXPORTERS: Registry[Exporter] = Registry("exporter")


def check_program(program: Program, robot: RobotModel, can: Capabilities, name: str) -> None:
    """Refuse a program that the controller cannot do, or that does not hang together.

    Raises:
        ExportError: the program is empty, its joints are not the robot's or not the controller's,
            its legs do not join or rest at their ends, or it holds a step the controller lacks.
    """
    if not program.legs:
        raise ExportError("has no motion", field=name, value=program.name, expected="a leg or more")
    _check_joints(program, robot, can, name)
    _check_joins(program.legs, name)
    outputs = output_numbers(program)
    if len(outputs) > can.max_outputs:
        raise ExportError(
            "sets too many outputs",
            field=name,
            value=len(outputs),
            expected=f"at most {can.max_outputs}",
        )
    for item in program.items:
        if isinstance(item, Dwell):
            if not can.dwell:
                raise ExportError("cannot wait", field=name, value=item.seconds)
            if not (np.isfinite(item.seconds) and item.seconds >= 0.0):
                raise ExportError(
                    "waits for no time", field=name, value=item.seconds, expected="0 s or more"
                )


def _check_joints(program: Program, robot: RobotModel, can: Capabilities, name: str) -> None:
    if program.joints != robot.joints or any(
        leg.trajectory.joints != robot.joints for leg in program.legs
    ):
        raise ExportError(
            "moves other joints than the robot's, or in another order",
            field=name,
            value=program.joints,
            expected=", ".join(robot.joints),
        )
    if len(program.joints) not in can.dof:
        least, most = can.dof.start, can.dof.stop - 1
        count = str(least) if least == most else f"{least} to {most}"
        raise ExportError(
            "drives another number of joints",
            field=name,
            value=len(program.joints),
            expected=f"{count} joints",
        )
    if can.joints is not None and program.joints != can.joints:
        raise ExportError(
            "drives another robot",
            field=name,
            value=program.joints,
            expected=", ".join(can.joints),
        )


def _check_joins(legs: Sequence[Leg], name: str) -> None:
    reached: Array | None = None
    for leg in legs:
        curve = leg.trajectory.curve
        ends = np.array([curve.start, curve.end])
        speed = float(np.abs(leg.trajectory.velocity(ends)).max())
        if speed > REST_TOLERANCE:
            raise ExportError(
                f"leg {leg.name!r} does not rest at its ends",
                field=name,
                value=speed,
                expected=f"at most {REST_TOLERANCE} rad/s",
            )
        start, end = leg.trajectory.position(ends)
        if reached is not None and float(np.abs(start - reached).max()) > JOIN_TOLERANCE:
            raise ExportError(
                f"leg {leg.name!r} does not start where the one before ends",
                field=name,
                value=float(np.abs(start - reached).max()),
                expected=f"at most {JOIN_TOLERANCE} rad apart",
            )
        reached = end


def check_points(times: Array, positions: Array, can: Capabilities, name: str, leg: str) -> None:
    """Refuse points of a leg that are too close for the controller.

    Args:
        times: Shape (m,) [s].
        positions: Shape (m, n) [rad or m].

    Raises:
        ExportError: time stamps do not increase by `min_dt`, or points lie closer than `min_spacing`.
    """
    gap = float(np.diff(times).min())
    # Written times are rounded, so that a gap of exactly min_dt may read a hair shorter.
    if gap < can.min_dt * (1.0 - 1e-6):
        raise ExportError(
            f"points of leg {leg!r} follow too fast for the controller [s]",
            field=name,
            value=gap,
            expected=f"at least {can.min_dt} s apart",
        )
    step = float(np.abs(np.diff(positions, axis=0)).max(axis=1).min())
    if step < can.min_spacing:
        raise ExportError(
            f"points of leg {leg!r} are too close for the controller [rad]",
            field=name,
            value=step,
            expected=f"at least {can.min_spacing} rad apart",
        )


def check_count(points: int, can: Capabilities, name: str) -> None:
    """Refuse a program of more points than the controller holds.

    Raises:
        ExportError: there are more than `max_points`.
    """
    if points > can.max_points:
        raise ExportError(
            "has too many points for the controller",
            field=name,
            value=points,
            expected=f"at most {can.max_points}; split the job",
        )
