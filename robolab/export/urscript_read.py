"""Read an exported URScript program as the controller would run it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from robolab.core.transforms import Array
from robolab.export.lines import malformed, number, read_lines
from robolab.export.replay import Motion, Replay
from robolab.export.urscript_functions import FUNCTIONS

_CALL = re.compile(r"  (\w+)\((.*)\)$")
_PART = re.compile(r"p?\[([^\[\]]*)\]|([^,\[\]\s]+)")
_DEFINITION = re.compile(r"def \w+\(\):$")
_OUTPUT = re.compile(r"  # output (set_\w+_digital_out)\((\d+)\) is (\S+)$")
_SETTLE = re.compile(r"  global rl_settle = ([0-9.]+)$")

Arguments = list[str | list[float]]


def read_script(path: Path, joints: tuple[str, ...]) -> Replay:
    """Parse a script line by line.

    Raises:
        ExportError: a line is not what a robolab script holds; file, line and text are named.
    """
    return _Script(path, joints).replay()


class _Script:
    """The controller's state while the lines are gone through."""

    def __init__(self, path: Path, joints: tuple[str, ...]) -> None:
        self.path = path
        self.joints = joints
        self.lines = read_lines(path)
        self.names: dict[tuple[str, int], str] = {}
        self.settle = 0.0
        self.time = 0.0
        self.ended = False
        self.times: list[float] = []
        self.knots: list[Array] = []
        self.outputs: list[tuple[float, str, bool]] = []
        self.settles: list[tuple[float, float]] = []

    def replay(self) -> Replay:
        body = self._skip_functions()
        for index in range(body, len(self.lines)):
            self._statement(index)
        if not self.ended or len(self.times) < 2:
            raise malformed(self.path, len(self.lines) - 1, self.lines[-1], "motion, then end")
        motion = Motion(np.array(self.times), np.array(self.knots))
        return Replay(self.joints, (motion,), tuple(self.outputs), self.time, tuple(self.settles))

    def _skip_functions(self) -> int:
        """Read the head, check the functions, and return the first line after them."""
        if not _DEFINITION.match(self.lines[0]):
            raise malformed(self.path, 0, self.lines[0], "def NAME():")
        index = 1
        while index < len(self.lines) and self.lines[index].startswith("  #"):
            if found := _OUTPUT.match(self.lines[index]):
                self.names[found[1], int(found[2])] = found[3]
            index += 1
        for wanted in FUNCTIONS.splitlines():
            text = self.lines[index] if index < len(self.lines) else ""
            if text != wanted:
                raise malformed(self.path, min(index, len(self.lines) - 1), text, wanted.strip())
            if found := _SETTLE.match(text):
                self.settle = float(found[1])
            index += 1
        return index

    def _statement(self, index: int) -> None:
        text = self.lines[index]
        if text == "end":
            self.ended = True
            return
        if text.startswith("  #") and not self.ended:
            return
        call = _CALL.match(text)
        if call is None or self.ended:
            raise malformed(self.path, index, text, "a call, a comment or the last end")
        self._call(index, call[1], self._arguments(index, call[2]))

    def _arguments(self, index: int, text: str) -> Arguments:
        if re.sub(r"\s|,", "", _PART.sub("", text)):
            raise malformed(self.path, index, text, "numbers and lists")
        found: Arguments = []
        for part in _PART.finditer(text):
            if part[1] is None:
                found.append(part[2])
            else:
                found.append([number(self.path, index, item) for item in part[1].split(",")])
        return found

    def _call(self, index: int, function: str, given: Arguments) -> None:
        shape = ["list" if isinstance(item, list) else "number" for item in given]
        expected = _SIGNATURES.get(function)
        if expected is None or shape != expected:
            raise malformed(
                self.path, index, self.lines[index], f"one of: {', '.join(_SIGNATURES)}"
            )
        if function.startswith("set_") and function.endswith("_digital_out"):
            self._output(index, function, str(given[0]), str(given[1]))
        elif function == "robolab_start":
            self._knot(index, given[0], np.zeros(6), np.zeros(6))
        elif function == "robolab_knot":
            self._advance(index, number(self.path, index, str(given[0])))
            self._knot(index, *given[1:])
        elif function == "robolab_wait":
            self._wait(index, number(self.path, index, str(given[0])))
        elif function == "robolab_settle":
            self.settles.append((self.time, self.settle))
            self._wait(index, self.settle)

    def _output(self, index: int, function: str, channel: str, value: str) -> None:
        name = self.names.get((function, int(number(self.path, index, channel))))
        if name is None or value not in ("True", "False"):
            raise malformed(self.path, index, self.lines[index], "a named output, True or False")
        self.outputs.append((self.time, name, value == "True"))

    def _knot(self, index: int, *derivatives: ArrayLike) -> None:
        if any(np.size(item) != len(self.joints) for item in derivatives):
            raise malformed(self.path, index, self.lines[index], f"{len(self.joints)} joints")
        self.times.append(self.time)
        self.knots.append(np.array(derivatives))

    def _wait(self, index: int, seconds: float) -> None:
        if not self.knots or np.any(self.knots[-1][1:]):
            raise malformed(self.path, index, self.lines[index], "to wait only where the arm rests")
        self._advance(index, seconds)
        self.times.append(self.time)
        self.knots.append(self.knots[-1])

    def _advance(self, index: int, seconds: float) -> None:
        if seconds <= 0.0:
            raise malformed(self.path, index, self.lines[index], "a time above 0")
        if not self.knots:
            raise malformed(self.path, index, self.lines[index], "robolab_start first")
        self.time += seconds


_SIGNATURES: dict[str, list[str]] = {
    "set_tcp": ["list"],
    "set_target_payload": ["number", "list", "list"],
    "set_standard_digital_out": ["number", "number"],
    "set_tool_digital_out": ["number", "number"],
    "robolab_start": ["list"],
    "robolab_knot": ["number", "list", "list", "list"],
    "robolab_wait": ["number"],
    "robolab_settle": [],
    "stopj": ["number"],
}
