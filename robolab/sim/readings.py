"""What sensors have measured, as one frozen value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robolab.core.errors import UnknownName
from robolab.core.transforms import Array


@dataclass(frozen=True)
class Series:
    """Samples of one sensor.

    Attributes:
        times: When each was taken, in simulated time, shape (k,) [s]; it arrived `delay` later.
        values: By channel, the first axis running over the samples.
        labels: What a channel's numbers stand for: joint names, body names of a segmentation, …
    """

    kind: str
    delay: float
    times: Array
    values: Mapping[str, np.ndarray]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __getitem__(self, channel: str) -> np.ndarray:
        if channel not in self.values:
            raise UnknownName("channel", channel, self.values)
        return self.values[channel]


@dataclass(frozen=True)
class Readings:
    """Samples by the sensor's name."""

    series: Mapping[str, Series] = field(default_factory=dict[str, Series])

    def __getitem__(self, sensor: str) -> Series:
        if sensor not in self.series:
            raise UnknownName("sensor", sensor, self.series)
        return self.series[sensor]

    def __iter__(self) -> Iterator[str]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)


Sample = dict[str, Any]
"""One measurement, by channel."""
