"""Read the G-code that robolab writes as LinuxCNC would run it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from robolab.export.lines import malformed, number, read_lines
from robolab.export.replay import Motion, Replay

LONGEST_LINE = 255
"""LinuxCNC refuses longer ones."""

_COMMENT = re.compile(r"\(([^()]*)\)")
_WORD = re.compile(r"([A-Z])([-+]?\d+\.?\d*)")
_AXIS = re.compile(r"axis ([XYZABC]) is (\S+)")
_OUTPUT = re.compile(r"output P(\d+) is (\S+)")
_MODES = {"G17", "G21", "G40", "G49", "G80", "G90", "G93", "G94", "G64"}
_NEEDED = ("G21", "G90", "G64")

Words = list[tuple[str, str]]


def read_gcode(path: Path, joints: tuple[str, ...]) -> Replay:
    """Parse a file line by line.

    Raises:
        ExportError: a line is not G-code of the kind that robolab writes, a mode is missing,
            or the file does not end in M2; file, line and text are named.
    """
    return _Machine(path, joints).replay()


class _Machine:
    """The interpreter's state while the lines are gone through."""

    def __init__(self, path: Path, joints: tuple[str, ...]) -> None:
        self.path = path
        self.joints = joints
        self.lines = read_lines(path)
        self.axes: list[str] = []
        self.names: dict[int, str] = {}
        self.modes: set[str] = set()
        self.at: dict[str, float] = {}
        self.time = 0.0
        self.ended = False
        self.times: list[float] = []
        self.points: list[list[float]] = []
        self.outputs: list[tuple[float, str, bool]] = []

    def replay(self) -> Replay:
        for index, text in enumerate(self.lines):
            self._line(index, text)
        if not self.ended or len(self.times) < 2:
            raise malformed(self.path, len(self.lines) - 1, self.lines[-1], "moves, then M2")
        q = np.deg2rad(np.array(self.points))
        motion = Motion(np.array(self.times), q[:, None, :])
        return Replay(self.joints, (motion,), tuple(self.outputs), self.time)

    def _line(self, index: int, text: str) -> None:
        if len(text) > LONGEST_LINE:
            raise malformed(self.path, index, text, f"at most {LONGEST_LINE} characters")
        for comment in _COMMENT.findall(text):
            if found := _AXIS.match(comment):
                self.axes.append(found[1])
            elif found := _OUTPUT.match(comment):
                self.names[int(found[1])] = found[2]
        code = _COMMENT.sub("", text).replace(" ", "")
        words: Words = _WORD.findall(code)
        if "".join(letter + value for letter, value in words) != code:
            raise malformed(self.path, index, text, "letters with numbers, and comments")
        if not words:
            return
        if self.ended:
            raise malformed(self.path, index, text, "nothing after M2")
        self._block(index, words)

    def _block(self, index: int, words: Words) -> None:
        first = "".join(words[0])
        rest = dict(words[1:])
        if first == "G1":
            self._move(index, rest)
        elif first == "G4":
            self._wait(index, self._value(index, rest, "P"))
        elif first in ("M64", "M65"):
            self._output(index, rest, first == "M64")
        elif first == "M2" and not rest:
            self.ended = True
        else:
            self._set_modes(index, words)

    def _set_modes(self, index: int, words: Words) -> None:
        codes = {letter + value for letter, value in words if letter not in "PQ"}
        if not codes <= _MODES or (len(codes) < len(words) and codes != {"G64"}):
            raise malformed(self.path, index, self.lines[index], "a code that robolab writes")
        if codes & {"G93", "G94"}:
            self.modes -= {"G93", "G94"}
        self.modes |= codes

    def _move(self, index: int, words: dict[str, str]) -> None:
        missing = [mode for mode in _NEEDED if mode not in self.modes]
        if missing or len(self.axes) != len(self.joints):
            wanted = ", ".join(missing) or f"{len(self.joints)} axis comments"
            raise malformed(self.path, index, self.lines[index], f"{wanted} before the first move")
        feed = self._value(index, words, "F")
        targets = {k: v for k, v in words.items() if k != "F"}
        if not targets or not set(targets) <= set(self.axes) or feed <= 0.0:
            raise malformed(
                self.path, index, self.lines[index], f"axes {''.join(self.axes)}, F > 0"
            )
        self.at |= {k: number(self.path, index, v) for k, v in targets.items()}
        if set(self.at) != set(self.axes):
            raise malformed(self.path, index, self.lines[index], "all axes in the first move")
        if "G93" in self.modes:
            self.time += 60.0 / feed
        elif len(self.times) > 1:
            raise malformed(self.path, index, self.lines[index], "G93 before moves of the program")
        else:
            self.times.clear()
            self.points.clear()
        self._mark()

    def _wait(self, index: int, seconds: float) -> None:
        if not self.points or seconds <= 0.0:
            raise malformed(self.path, index, self.lines[index], "a time above 0, after a move")
        self.time += seconds
        self._mark()

    def _mark(self) -> None:
        self.times.append(self.time)
        self.points.append([self.at[axis] for axis in self.axes])

    def _output(self, index: int, words: dict[str, str], value: bool) -> None:
        name = self.names.get(int(self._value(index, words, "P")))
        if name is None:
            raise malformed(self.path, index, self.lines[index], "an output that a comment names")
        self.outputs.append((self.time, name, value))

    def _value(self, index: int, words: dict[str, str], letter: str) -> float:
        if letter not in words:
            raise malformed(self.path, index, self.lines[index], f"a word {letter}")
        return number(self.path, index, words[letter])
