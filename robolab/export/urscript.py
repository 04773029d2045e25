"""URScript: one program that evaluates quintic pieces on the controller and streams them by servoj.

The plan travels as knots (time, position, velocity, acceleration), a few per leg; a function in
the script evaluates the quintic between two knots at every control tick, so that the arm gets the
planned curve and not the controller's own idea of a path through points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from robolab.core.errors import ExportError
from robolab.core.files import write_text
from robolab.export.contract import (
    EXPORTERS,
    Capabilities,
    check_count,
    check_points,
    check_program,
)
from robolab.export.knots import quintic_knots
from robolab.export.lines import files
from robolab.export.replay import Replay
from robolab.export.timeline import output_numbers, plain_name, timeline
from robolab.export.tool import flange_load, flange_tcp
from robolab.export.urscript_functions import FUNCTIONS
from robolab.export.urscript_read import read_script
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Output, Program

JOINTS = (
    "shoulder_pan_joint",
    "shoulder_lift_joint",
    "elbow_joint",
    "wrist_1_joint",
    "wrist_2_joint",
    "wrist_3_joint",
)
FLANGE = "tool0"
STANDARD_OUTPUTS = 8
CAPABILITIES = Capabilities(
    dof=range(6, 7),
    joints=JOINTS,
    max_points=2000,
    min_dt=0.002,
    max_outputs=1 + STANDARD_OUTPUTS,
)


@dataclass(frozen=True)
class UrScript:
    """Writes `.script` files for arms whose software knows list arithmetic and `set_target_payload`."""

    name: str = "urscript"
    description: str = "URScript for Universal Robots: quintic knots streamed by servoj"
    capabilities: Capabilities = CAPABILITIES

    def write(
        self, program: Program, robot: RobotModel, scene: SceneSpec, folder: Path
    ) -> list[Path]:
        """See `Exporter`."""
        check_program(program, robot, self.capabilities, self.name)
        lines = [*_header(program, robot), *self._body(program, robot)]
        path = folder / f"{plain_name(program.name)}.script"
        write_text(path, "\n".join(lines) + "\n")
        return [path]

    def read(self, paths: Sequence[Path], robot: RobotModel) -> Replay:
        """See `Exporter`."""
        (path,) = files(paths, 1)
        return read_script(path, robot.joints)

    def _body(self, program: Program, robot: RobotModel) -> list[str]:
        channel = _channels(program, robot)
        first = program.legs[0].trajectory
        payload = _payload(robot, program.legs[0].payload)
        lines = [payload, f"  robolab_start({_list(first.position(first.curve.start))})"]
        knots, lagging = 0, False
        for index, (start, item) in enumerate(timeline(program)):
            if isinstance(item, Leg):
                lines.append(f"  # leg {plain_name(item.name)}")
                added = self._leg(item, start)
                lines += added
                knots += len(added)
                lagging = True
            elif isinstance(item, Dwell):
                if item.seconds > 0.0:
                    lines.append(f"  robolab_wait({_seconds(start, start + item.seconds)})")
            else:
                if lagging:
                    lines.append("  robolab_settle()")
                lagging = False
                lines.append(f"  {channel[item.name]}, {item.value})")
                changed = _payload(robot, _next_payload(program, index, item))
                if changed != payload:
                    lines.append(changed)
                payload = changed
        check_count(knots, self.capabilities, self.name)
        if lagging:
            lines.append("  robolab_settle()")
        return [*lines, "  stopj(2.0)", "end"]

    def _leg(self, leg: Leg, start: float) -> list[str]:
        curve = leg.trajectory.curve
        times = quintic_knots(curve, min_dt=self.capabilities.min_dt)
        check_points(times, curve(times), self.capabilities, self.name, leg.name)
        lines: list[str] = []
        moments = start + times - curve.start
        q, v, a = (curve(times, k) for k in range(3))
        v[-1] = a[-1] = 0.0
        for k in range(1, times.size):
            h = _seconds(moments[k - 1], moments[k])
            lines.append(f"  robolab_knot({h}, {_list(q[k])}, {_list(v[k])}, {_list(a[k], 5)})")
        return lines


def _header(program: Program, robot: RobotModel) -> list[str]:
    X = flange_tcp(robot, FLANGE)
    turn = Rotation.from_matrix(X[:3, :3]).as_rotvec()
    outputs = [
        f"  # output {call}) is {name}" for name, call in sorted(_channels(program, robot).items())
    ]
    return [
        f"def {plain_name('robolab_' + program.name)}():",
        f"  # scene {plain_name(program.scene)}, robot {plain_name(robot.name)}: made by robolab",
        *outputs,
        *FUNCTIONS.splitlines(),
        f"  set_tcp(p{_list(np.concatenate([X[:3, 3], turn]))})",
    ]


def _channels(program: Program, robot: RobotModel) -> dict[str, str]:
    """The gripper's output is the tool's first, the others are standard ones in order of use."""
    gripper = None if robot.gripper is None else robot.gripper.output
    others = [name for name in output_numbers(program) if name != gripper]
    if len(others) > STANDARD_OUTPUTS:
        raise ExportError(
            "sets too many outputs beside the gripper's",
            field="urscript",
            value=len(others),
            expected=f"at most {STANDARD_OUTPUTS}",
        )
    channels = {name: f"set_standard_digital_out({k}" for k, name in enumerate(others)}
    if gripper in output_numbers(program):
        channels[str(gripper)] = "set_tool_digital_out(0"
    return channels


def _next_payload(program: Program, index: int, output: Output) -> Payload | None:
    """What hangs on the tool after an output: what the next leg carries, else the last one."""
    after = [item for item in program.items[index:] if isinstance(item, Leg)]
    if after:
        return after[0].payload
    return None if output.releases else program.legs[-1].payload


def _payload(robot: RobotModel, payload: Payload | None) -> str:
    load = flange_load(robot, payload, FLANGE)
    i = load.inertia
    inertia = [i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2]]
    return f"  set_target_payload({load.mass:.4f}, {_list(load.com, 5)}, {_list(inertia, 6)})"


def _seconds(start: float, end: float) -> str:
    # Moments are rounded, not their differences, so that errors do not add up.
    return f"{round(end, 6) - round(start, 6):.6f}"


def _list(values: ArrayLike, digits: int = 8) -> str:
    # Adding 0.0 after rounding turns -0.0 into 0.0.
    return (
        "["
        + ", ".join(
            f"{v:.{digits}f}" for v in np.round(np.asarray(values, dtype=float), digits) + 0.0
        )
        + "]"
    )


EXPORTERS.register("urscript")(UrScript())
