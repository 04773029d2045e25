"""G-code for LinuxCNC, each axis a joint: straight segments in joint space, each with its own time.

A revolute joint's degrees are written as the axis's units, also on X, Y and Z, where LinuxCNC
calls them millimetres: the machine's configuration must declare those axes angular or scale them so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.files import write_text
from robolab.core.transforms import Array
from robolab.export.contract import (
    EXPORTERS,
    Capabilities,
    check_count,
    check_points,
    check_program,
)
from robolab.export.gcode_read import read_gcode
from robolab.export.knots import linear_knots
from robolab.export.lines import files
from robolab.export.replay import Replay
from robolab.export.timeline import output_numbers, plain_name, timeline
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program

# LinuxCNC's stand-alone interpreter, with which files are checked, knows no further axis letters.
AXES = "XYZABC"
DIGITS = 5
CAPABILITIES = Capabilities(dof=range(1, len(AXES) + 1), max_points=50_000, min_dt=0.002)


@dataclass(frozen=True)
class GCode:
    """Writes `.ngc` files: inverse time (G93), continuous path (G64), digital outputs (M64, M65).

    Attributes:
        tolerance: By how much a segment may leave the planned curve [rad].
        blend_deg: By how much the controller may round corners between segments [deg].
    """

    name: str = "gcode"
    description: str = "G-code for LinuxCNC: joints as axes, inverse-time straight segments"
    capabilities: Capabilities = CAPABILITIES
    tolerance: float = 7e-4
    blend_deg: float = 0.05

    def write(
        self, program: Program, robot: RobotModel, scene: SceneSpec, folder: Path
    ) -> list[Path]:
        """See `Exporter`."""
        check_program(program, robot, self.capabilities, self.name)
        if np.any(robot.chain.prismatic):
            raise ExportError("has a sliding joint", field=self.name, expected="revolute joints")
        numbers = output_numbers(program)
        lines: list[str] = []
        at = _start(program)
        points = 0
        for start, item in timeline(program):
            if isinstance(item, Leg):
                moves, at = self._leg(item, start, at)
                points += len(moves)
                lines += [f"(leg {plain_name(item.name)})", *moves]
            elif isinstance(item, Dwell):
                if item.seconds > 0.0:
                    lines.append(_wait(start, start + item.seconds))
            else:
                lines.append(f"M{64 if item.value else 65} P{numbers[item.name]}")
        check_count(points, self.capabilities, self.name)
        path = folder / f"{plain_name(program.name)}.ngc"
        write_text(path, "\n".join([*self._header(program, robot), *lines, *_FOOTER]) + "\n")
        return [path]

    def read(self, paths: Sequence[Path], robot: RobotModel) -> Replay:
        """See `Exporter`."""
        (path,) = files(paths, 1)
        return read_gcode(path, robot.joints)

    def _leg(self, leg: Leg, start: float, at: Array) -> tuple[list[str], Array]:
        curve = leg.trajectory.curve
        times = linear_knots(curve, self.tolerance, self.capabilities.min_dt)
        check_points(times, curve(times), self.capabilities, self.name, leg.name)
        moments = np.round(start + times - curve.start, 6)
        lines: list[str] = []
        for k, q in enumerate(curve(times)[1:], start=1):
            to = _degrees(q)
            moved = [i for i in range(to.size) if to[i] != at[i]]
            if moved:
                words = " ".join(f"{AXES[i]}{to[i]:.{DIGITS}f}" for i in moved)
                lines.append(f"G1 {words} F{60.0 / (moments[k] - moments[k - 1]):.6f}")
            else:
                # A move of no length takes the controller no time.
                lines.append(_wait(moments[k - 1], moments[k]))
            at = to
        return lines, at

    def _header(self, program: Program, robot: RobotModel) -> list[str]:
        words = " ".join(f"{AXES[i]}{value:.{DIGITS}f}" for i, value in enumerate(_start(program)))
        return [
            f"(program {plain_name(program.name)}, robot {plain_name(robot.name)})",
            "(made by robolab: joints as axes, degrees written as axis units)",
            *(f"(axis {AXES[i]} is {plain_name(name)})" for i, name in enumerate(robot.joints)),
            *(f"(output P{k} is {name})" for name, k in output_numbers(program).items()),
            "G17 G21 G40 G49 G80 G90 G94",
            f"G64 P{self.blend_deg:g} Q0",
            "(to the start, slowly)",
            f"G1 {words} F600",
            "G93",
        ]


_FOOTER = ("G94", "M2")


def _start(program: Program) -> Array:
    first = program.legs[0].trajectory
    return _degrees(first.position(first.curve.start))


def _degrees(q: Array) -> Array:
    # Adding 0.0 turns -0.0 into 0.0.
    return np.asarray(np.round(np.rad2deg(q), DIGITS) + 0.0, dtype=np.float64)


def _wait(start: float, end: float) -> str:
    return f"G4 P{round(end, 6) - round(start, 6):.6f}"


EXPORTERS.register("gcode")(GCode())
