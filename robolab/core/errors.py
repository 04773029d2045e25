"""The one family of errors that robolab raises on bad input.

Each message names the file, the field, the value and what would be right, so that a
user can mend the input without reading the code. The command line prints it and exits 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class RobolabError(Exception):
    """Base of every error a user can cause and mend."""

    exit_code = 2


class BadInput(RobolabError):
    """An input file or option holds something that cannot be used."""

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        field: str | None = None,
        value: object = None,
        expected: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.field = field
        self.value = value
        self.expected = expected
        super().__init__(self._message())

    def _message(self) -> str:
        where = ": ".join(part for part in (self.file, self.field) if part)
        text = f"{where}: {self.problem}" if where else self.problem
        if self.value is not None:
            text += f" (got {self.value!r})"
        if self.expected:
            text += f"; expected {self.expected}"
        return text


class SceneError(BadInput):
    """A scene file is malformed or contradicts itself."""


class MissingAsset(BadInput):
    """A mesh, description or other file that the input names is not there."""


class RobotError(BadInput):
    """A robot or tool description is incomplete or contradicts itself."""


class LogError(BadInput):
    """A recorded log cannot be used: wrong columns, NaN, time running backwards."""


class LoadModelError(BadInput):
    """What was identified of an arm cannot be used: cut short, or of another robot."""


class TouchError(BadInput):
    """What a fingertip has felt cannot be used: wrong columns, NaN, readings of another sensor."""


class FrameError(BadInput):
    """A camera's frame cannot be used: colour and depth of different shapes."""


class CalibrationError(BadInput):
    """A camera cannot be calibrated: too few points, or points that do not fix its pose."""


class WeightsError(BadInput):
    """A policy's weights are cut short, or belong to another scene or robot."""


class WorkersError(BadInput):
    """Work cannot be shared: a cluster does not answer, or workers keep dying."""


class OutputError(BadInput):
    """A result cannot be written where it was asked for."""


class ExportError(BadInput):
    """A program holds something that the chosen controller cannot do."""


class PlanningError(BadInput):
    """A job cannot be planned: start in collision, unreachable goal, no path."""


class UnknownName(BadInput):
    """A name that no registry, scene or model knows."""

    def __init__(
        self,
        kind: str,
        name: str,
        valid: Iterable[str],
        *,
        file: str | Path | None = None,
        field: str | None = None,
    ) -> None:
        names = sorted(valid)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        listing = ", ".join(names) or "none"
        super().__init__(
            f"unknown {kind} {name!r}{hint}",
            file=file,
            field=field,
            expected=f"one of: {listing}",
        )
