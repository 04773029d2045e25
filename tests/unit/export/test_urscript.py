"""The script is run, statement by statement, by a small interpreter of the URScript that it uses."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import ExportError
from robolab.core.transforms import inverse
from robolab.export import EXPORTERS, read_back_error
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Output, Program

LIST = re.compile(r"p?\[([^\[\]]*)\]")


class Halt(Exception):
    """The script gave up."""


class Controller:
    """Turns a script into Python and runs it, logging what the robot is told."""

    def __init__(self, script: Path, at: np.ndarray, tick: float) -> None:
        self.tick = tick
        self.at = at
        self.time = 0.0
        self.stream: list[tuple[float, np.ndarray]] = []
        self.outputs: list[tuple[float, str, int, bool]] = []
        self.payloads: list[tuple[float, np.ndarray, np.ndarray]] = []
        self.tcp = np.zeros(6)
        self.popups = 0
        exec(compile(python_of(script.read_text()), str(script), "exec"), self._functions())

    def _functions(self) -> dict[str, Any]:
        return {
            "np": np,
            "Halt": Halt,
            "norm": lambda v: float(np.linalg.norm(v)),
            "get_steptime": lambda: self.tick,
            "get_actual_joint_positions": lambda: self.at.copy(),
            "popup": self._popup,
            "movej": self._movej,
            "servoj": self._servoj,
            "stopj": lambda _: None,
            "set_tcp": lambda p: setattr(self, "tcp", p),
            "set_target_payload": lambda m, c, i: self.payloads.append((m, c, i)),
            "set_tool_digital_out": lambda n, v: self.outputs.append((self.time, "tool", n, v)),
            "set_standard_digital_out": lambda n, v: self.outputs.append(
                (self.time, "standard", n, v)
            ),
        }

    def _popup(self, *_: object, **__: object) -> None:
        self.popups += 1

    def _movej(self, q: np.ndarray, a: float, v: float) -> None:
        assert 0 < v <= 0.3
        assert 0 < a <= 1.0
        self.at = q.copy()

    def _servoj(self, q: np.ndarray, t: float, lookahead_time: float, gain: float) -> None:
        assert t == self.tick
        assert 0.03 <= lookahead_time <= 0.2
        assert 100 <= gain <= 2000
        self.time += t
        self.at = q.copy()
        self.stream.append((self.time, q.copy()))


def python_of(script: str) -> str:
    """Check that every block ends where it should, and rewrite the statements."""
    lines, blocks = ["robot = np.zeros(0)"], list[int]()
    names = sorted(set(re.findall(r"global (\w+) =", script)))
    for line in script.splitlines():
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if text == "end":
            assert blocks.pop() == depth, line
            continue
        if not text or text.startswith("#"):
            continue
        assert depth == 2 * len(blocks), line
        if text.endswith(":"):
            blocks.append(depth)
        text = re.sub(r"^(local|global) ", "", text)
        text = "raise Halt" if text == "halt" else LIST.sub(r"np.array([\1])", text)
        if depth > 0:
            lines.append(" " * (depth - 2) + text)
        if text.startswith("def ") and depth > 0:
            lines.append(" " * depth + "global " + ", ".join(names))
    assert not blocks
    return "\n".join(lines) + "\n"


@pytest.fixture
def script(transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path) -> Path:
    (path,) = EXPORTERS.get("urscript").write(transfer, ur10e, ur10e_scene, tmp_path)
    return path


def start_of(program: Program) -> np.ndarray:
    return program.legs[0].trajectory.position(0.0)


@pytest.mark.parametrize("tick", [0.002, 0.008])
def test_streams_the_planned_curve(
    script: Path, transfer: Program, ur10e: RobotModel, tick: float
) -> None:
    run = Controller(script, start_of(transfer) + 0.1, tick)
    replay = EXPORTERS.get("urscript").read([script], ur10e)
    times = np.array([time for time, _ in run.stream])
    streamed = np.array([q for _, q in run.stream])
    assert times[-1] == pytest.approx(replay.duration, abs=tick + 1e-5)
    assert np.abs(streamed - replay.position(times)).max() < 1e-7
    assert read_back_error(transfer, replay).joint_error < 2e-5
    speed = np.abs(np.diff(streamed, axis=0)).max() / tick
    assert speed < 1.01 * max(
        np.abs(leg.trajectory.velocity(np.linspace(0, leg.trajectory.duration, 500))).max()
        for leg in transfer.legs
    )


def test_outputs_come_when_the_arm_has_arrived(
    script: Path, transfer: Program, ur10e: RobotModel
) -> None:
    run = Controller(script, start_of(transfer), 0.002)
    assert [(kind, n, v) for _, kind, n, v in run.outputs] == [
        ("standard", 0, False),
        ("tool", 0, True),
        ("tool", 0, False),
        ("standard", 0, True),
        ("standard", 0, False),
    ]
    for time, _, _, _ in run.outputs[1:]:
        before = [q for t, q in run.stream if time - 0.045 <= t <= time]
        assert np.ptp(before, axis=0).max() < 1e-9


def test_payload_and_tool_are_set_before_they_matter(
    script: Path, transfer: Program, ur10e: RobotModel
) -> None:
    run = Controller(script, start_of(transfer), 0.002)
    X = inverse(ur10e.fk(ur10e.home, "tool0")) @ ur10e.fk(ur10e.home)
    assert run.tcp[:3] == pytest.approx(X[:3, 3], abs=1e-7)
    masses = [mass for mass, _, _ in run.payloads]
    assert masses[1] == pytest.approx(masses[0] + 3.0, abs=1e-4)
    assert masses[2] == pytest.approx(masses[0], abs=1e-4)
    assert len(masses) == 3


def test_refuses_to_start_far_away(script: Path, transfer: Program) -> None:
    with pytest.raises(Halt):
        Controller(script, start_of(transfer) + 1.0, 0.002)


def test_is_plain_text_of_modest_size(script: Path) -> None:
    text = script.read_bytes().decode("ascii")
    assert max(map(len, text.splitlines())) <= 300
    assert text.startswith("def robolab_job_a():\n")
    assert text.endswith("\nend\n")
    assert len(text.splitlines()) < 200


def test_changed_functions_are_not_trusted(script: Path, ur10e: RobotModel) -> None:
    text = script.read_text().replace("dv * (4.0 * h)", "dv * (5.0 * h)")
    script.write_text(text)
    with pytest.raises(ExportError, match="line"):
        EXPORTERS.get("urscript").read([script], ur10e)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("robolab_knot(", "robolab_not("),
        ("set_tool_digital_out(0, True)", "set_tool_digital_out(1, True)"),
        ("set_tool_digital_out(0, True)", "set_tool_digital_out(0, yes)"),
        ("robolab_wait(0.2", "robolab_wait(-0.2"),
        ("robolab_wait(0.2", "robolab_wait(nan"),
        ("robolab_knot(0.", "robolab_knot(0.1, [0.0], [0.0], [0.0])  # ("),
        ("], [", "], ["[:1] + ", 1.0], ["),
    ],
)
def test_wrong_statements_are_refused(script: Path, ur10e: RobotModel, old: str, new: str) -> None:
    text = script.read_text()
    head, body = text.split("  set_tcp(")
    assert old in body
    script.write_text(head + "  set_tcp(" + body.replace(old, new, 1))
    with pytest.raises(ExportError, match=r"line \d+"):
        EXPORTERS.get("urscript").read([script], ur10e)


def test_refuses_another_arm_with_six_joints(
    transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    names = tuple(f"axis{k}" for k in range(6))
    legs = tuple(
        replace(leg, trajectory=replace(leg.trajectory, joints=names)) for leg in transfer.legs[:1]
    )
    other: Any = SimpleNamespace(name="other", joints=names, gripper=None)
    with pytest.raises(ExportError, match="another robot"):
        EXPORTERS.get("urscript").write(
            replace(transfer, joints=names, items=legs), other, ur10e_scene, tmp_path
        )


def test_refuses_more_outputs_than_there_are(
    transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    many = tuple(Output(f"lamp{k}", True) for k in range(9))
    with pytest.raises(ExportError, match="outputs"):
        EXPORTERS.get("urscript").write(
            replace(transfer, items=(*transfer.legs, *many)), ur10e, ur10e_scene, tmp_path
        )
