"""What is written for a controller, and what writes it: constants that templates are filled with, and languages.

Whatever can be written (an estimator of loads, a small network) says its constants, its words and its graph; a language is one
file that writes any of them and enters itself in `STEP_WRITERS`. The body in a language of text is a
template, `templates/KIND.c` and so on, which the tables are filled into.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, NamedTuple, Protocol

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.registry import Registry
from robolab.core.transforms import Array
from robolab.export.traced import Graph

_TEMPLATES = Path(__file__).parent / "templates"
_PARTS = _TEMPLATES / "parts"
"""What templates of several kinds share."""


class Table(NamedTuple):
    """A constant of the exported code: a number or an array of integers or floats, and what it is."""

    value: float | np.ndarray
    says: str


class Written(Protocol):
    """One step, ready to be written in any language.

    Attributes:
        name: Stem of its files.
        kind: That of its templates.
        banner: One line that says what a file is.
        prefix, real: In C: what names of sizes begin with, and the type of its numbers.
        sizes, tables: Constants by the names that templates use; sizes are what memory depends on.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def banner(self) -> str: ...
    @property
    def prefix(self) -> str: ...
    @property
    def real(self) -> str: ...
    @property
    def sizes(self) -> Mapping[str, Table]: ...
    @property
    def tables(self) -> Mapping[str, Table]: ...

    @property
    def graph(self) -> Any:
        """Called: returns the graph, `traced.Graph`, and the state before the first step."""
        ...

    def texts(self, suffix: str) -> Mapping[str, str]:
        """Return what a template is filled with besides banner, sizes and tables."""
        ...

    def more_sizes(self) -> Mapping[str, Table]:
        """Return sizes that follow from others, for languages without a preprocessor."""
        ...

    def about(self, state: Array) -> Mapping[str, Any]:
        """Return what a program around the graph has to know, for a file beside it."""
        ...


class StepWriter(Protocol):
    """Writes a step in one language."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    def write(self, step: Written, folder: Path) -> list[Path]:
        """Write the step's files into a folder and return their paths.

        Raises:
            ExportError: this step is not there in this language.
            OutputError: the folder cannot be written.
        """
        ...


STEP_WRITERS: Registry[StepWriter] = Registry("format of an estimator")


def filled(step: Written, suffix: str, **values: str) -> str:
    """Return a step's template with its parts and everything else filled in.

    Args:
        suffix: What the template's name ends with after the kind, such as `.c`; one named `any` is for every kind.
    Raises:
        ExportError: there is no such template.
    """
    paths = [_TEMPLATES / f"{kind}{suffix}" for kind in (step.kind, "any")]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise ExportError(
            f"is not there as {suffix}",
            field="estimator",
            value=step.kind,
            expected=", ".join(sorted(file.stem for file in _TEMPLATES.glob(f"*{suffix}"))),
        )
    parts = {p.stem: p.read_text(encoding="utf-8") for p in _PARTS.glob(f"*{suffix}")}
    whole = Template(path.read_text(encoding="utf-8")).safe_substitute(parts)
    return Template(whole).substitute(banner=step.banner, **values, **step.texts(suffix))


__all__ = ["STEP_WRITERS", "Graph", "StepWriter", "Table", "Written", "filled"]
