"""What an exported estimator is, and what writes it for a controller.

Two registries: an estimator is one file that turns a model into a `Step` and enters itself in `STEPS`, a language is
one file that writes any step and enters itself in `STEP_WRITERS`. The body of an estimator in a language of text
is a template, `templates/KIND.c` and so on, which the tables of the model are filled into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import NamedTuple, Protocol

import numpy as np

from robolab import __version__
from robolab.core.errors import ExportError
from robolab.core.registry import Registry
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimator
from robolab.estimation.model import LoadModel
from robolab.export.traced import Graph
from robolab.robots.model import RobotModel

NAME = "load_estimator"
"""Stem of every file that is written."""
_TEMPLATES = Path(__file__).parent / "templates"
_PARTS = _TEMPLATES / "parts"
"""What templates of several kinds share."""


class Table(NamedTuple):
    """A constant of the exported code: a number or an array of integers or floats, and what it is."""

    value: float | np.ndarray
    says: str


@dataclass(frozen=True)
class Recording:
    """Samples, and what the estimator says of them.

    Attributes:
        samples: Time, q, qd and current by row, shape (k, 1 + 3 n); a dead channel is not finite.
        rows: After which of them `said` was said, shape (s,).
        said: Mass, its standard deviation, centre of mass (3) and its (3), known (0 or 1), when the load changed
            and when the clock was set back (-1: never), shape (s, 11).
        forget: Before which of the samples the load is forgotten (-1: never).
    """

    samples: Array
    rows: np.ndarray
    said: Array
    forget: int = -1


@dataclass(frozen=True)
class Step:
    """One estimator of one arm, ready to be written in any language.

    Attributes:
        kind: Its name in `STEPS`, and that of its templates.
        period: Time between two samples [s].
        sizes, tables: Constants by the names that templates use; sizes are what memory depends on.
        recording: What the written code is tested with.
        estimator: Makes the estimator itself.
        graph: Traces the step; returns the graph and the state before the first step.
    """

    kind: str
    robot: RobotModel
    period: float
    sizes: Mapping[str, Table]
    tables: Mapping[str, Table]
    recording: Recording
    estimator: Callable[[], Estimator]
    graph: Callable[[], tuple[Graph, Array]]

    @property
    def banner(self) -> str:
        """One line that says what a file is."""
        robot = self.robot
        return f"Load estimator ({self.kind}) for {robot.name} {robot.digest}, by robolab {__version__}."


class StepMaker(Protocol):
    """Turns an identified arm into a step."""

    def __call__(
        self, model: LoadModel, robot: RobotModel, period: float, variant: str = "full"
    ) -> Step:
        """Return the step.

        Args:
            period: Time between two samples [s].
            variant: Which of an estimator's sizes.
        Raises:
            UnknownName: there is no such variant.
            BadInput: this estimator has no variants.
            WeightsError: what was trained is not there.
        """
        ...


class StepWriter(Protocol):
    """Writes a step in one language."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    def write(self, step: Step, folder: Path) -> list[Path]:
        """Write the step's files into a folder and return their paths.

        Raises:
            ExportError: this estimator is not there in this language.
            OutputError: the folder cannot be written.
        """
        ...


STEPS: Registry[StepMaker] = Registry("exported estimator")
STEP_WRITERS: Registry[StepWriter] = Registry("format of an estimator")


def filled(step: Step, suffix: str, **values: str) -> str:
    """Return a step's template with its parts and everything else filled in.

    Args:
        suffix: What the template's name ends with after the kind, such as `.c`; one named `any` is for every kind.
    Raises:
        ExportError: there is no such template.
    """
    paths = [_TEMPLATES / f"{kind}{suffix}" for kind in (step.kind, "any")]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        known = {file.stem for file in _TEMPLATES.glob(f"*{suffix}")} & set(STEPS.names())
        raise ExportError(
            f"is not there as {suffix}",
            field="estimator",
            value=step.kind,
            expected=", ".join(sorted(known)),
        )
    parts = {p.stem: p.read_text(encoding="utf-8") for p in _PARTS.glob(f"*{suffix}")}
    whole = Template(path.read_text(encoding="utf-8")).safe_substitute(parts)
    return Template(whole).substitute(banner=step.banner, **values)
