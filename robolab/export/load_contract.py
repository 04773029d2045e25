"""What an exported estimator of loads is: one file that turns a model into a `Step` and enters itself in `STEPS`.

A `Step` is one of the things that `written` has languages for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from robolab import __version__
from robolab.core.registry import Registry
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimator
from robolab.estimation.model import LoadModel
from robolab.export.numbers import WIDTH, rows_of, wrapped
from robolab.export.traced import Graph
from robolab.export.written import Table
from robolab.robots.model import RobotModel

NAME = "load_estimator"
"""Stem of every file that is written."""
ESTIMATE = (
    *("mass_kg", "mass_std_kg", "com_x_m", "com_y_m", "com_z_m"),
    *("com_std_x_m", "com_std_y_m", "com_std_z_m", "known", "changed_s"),
)


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

    @property
    def name(self) -> str:
        """Stem of its files."""
        return NAME

    @property
    def prefix(self) -> str:
        """See `Written`."""
        return "LOAD"

    @property
    def real(self) -> str:
        """See `Written`."""
        return "load_real"

    def texts(self, suffix: str) -> dict[str, str]:
        """See `Written`."""
        if suffix == "_test.c":
            return {"vector": _vector(self.recording)}
        if suffix != ".st":
            return {"period": f"{self.period:g}"}
        size = {name: int(table.value) for name, table in self.sizes.items()}
        # Bounds of arrays are written as numbers: not every controller takes names there.
        bounds = {
            "last_joint": size["JOINTS"] - 1,
            "last_body": size["BODIES"] - 1,
            "bodies": size["BODIES"],
            "last_sample": size["SPAN"] - 1,
            "last_state": int(self.more_sizes()["STATES"].value) - 1,
            "last_point": int(self.tables["POINTS"].value) - 1,
        }
        return {"period": f"{self.period:g}", **{name: str(n) for name, n in bounds.items()}}

    def more_sizes(self) -> dict[str, Table]:
        """See `Written`."""
        states = 4 + 3 * int(self.sizes["JOINTS"].value)
        return {"STATES": Table(states, "entries of the state")}

    def about(self, state: Array) -> dict[str, Any]:
        """See `Written`."""
        sizes = {name.lower(): int(table.value) for name, table in self.sizes.items()}
        return {
            "robot": self.robot.name,
            "joints": self.robot.joints,
            "period_s": self.period,
            "samples": sizes["span"],
            "every": sizes["every"],
            "longest_s": self.tables["LONGEST"].value,
            "state": state,
            "estimate": ESTIMATE,
        }


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


STEPS: Registry[StepMaker] = Registry("exported estimator")


def _vector(recording: Recording) -> str:
    rows, columns = recording.samples.shape
    steps = len(recording.rows)
    return "\n".join(
        [
            f"#define SAMPLES {rows}",
            f"#define STEPS {steps}",
            f"#define FORGET {recording.forget} /* before which sample the load is forgotten */",
            "",
            "/* Time, positions, velocities, currents. */",
            f"static const double RECORDED[SAMPLES][{columns}] = {{",
            *rows_of(recording.samples),
            "};",
            "",
            "/* Samples after which the estimate is compared. */",
            "static const int STEP_SAMPLE[STEPS] = {",
            *wrapped(recording.rows, WIDTH),
            "};",
            "",
            "/* Mass, its deviation, centre of mass and its, known, times of a change and of a new clock (-1: none). */",
            f"static const double EXPECTED[STEPS][{recording.said.shape[1]}] = {{",
            *rows_of(recording.said),
            "};",
            "",
        ]
    )
