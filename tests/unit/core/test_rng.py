import numpy as np

from robolab.core.rng import stream


def test_streams_repeat_and_differ_by_use() -> None:
    assert np.array_equal(stream(3, "ik", 1).normal(size=8), stream(3, "ik", 1).normal(size=8))
    assert not np.array_equal(stream(3, "ik", 1).normal(size=8), stream(3, "ik", 2).normal(size=8))
    assert not np.array_equal(stream(3, "ik").normal(size=8), stream(4, "ik").normal(size=8))
