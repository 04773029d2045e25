"""A run's figures as TensorBoard event files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robolab.core.errors import OutputError


class Scalars:
    """Writes scalars by step; a resumed run goes on in the same curves.

    Args:
        folder: Of the event files; TensorBoard shows each folder as one run.
        after: Step from which the run goes on. What an earlier run there has written beyond it is hidden.
    Raises:
        OutputError: TensorBoard is not installed, or the folder cannot be written.
    """

    def __init__(self, folder: Path, after: int = -1) -> None:
        self._folder = folder
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError as error:
            raise OutputError(
                "TensorBoard is not installed",
                field="--log",
                expected="pip install 'robolab[train]'",
            ) from error
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer: Any = SummaryWriter(str(folder), purge_step=after + 1)
        except OSError as error:
            raise self._refused(error) from error

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Write values and put them on the disk.

        Raises:
            OutputError: the disk is full.
        """
        try:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
            self._writer.flush()
        except OSError as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Close the file; what could not be written was told before."""
        try:
            self._writer.close()
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot be written: {error.strerror}", file=self._folder, expected="a writable folder"
        )
