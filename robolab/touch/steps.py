"""Networks over taxels as plain steps, for controllers; see `learning.program`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from robolab.core.transforms import Array
from robolab.learning.program import Function, Onto, Values
from robolab.learning.program_builder import Builder
from robolab.touch.taxels import TaxelNetwork


def taxel_steps(
    make: Builder, network: TaxelNetwork, channels: Sequence[Values], extra: Values
) -> Values:
    """Add a network's steps and return where its outputs lie.

    Args:
        channels: What is known of the taxels, each fingers * taxels numbers.
        extra: What is known of the whole grasp.
    """
    hears, fingers = _array(network.hears), network.fingers
    h = _entered(make, network, channels)
    for own, heard in network.telling():
        told = make.mixed(h, hears, groups=fingers)
        said = make.dense(h, _array(own.weight), _array(own.bias))
        make.dense(
            told,
            _array(heard.weight),
            np.zeros(h.width),
            Function.RELU,
            to=(said, Onto.BEFORE),
        )
        make.added(said, h)
    scores = make.dense(h, _array(network.look.weight), _array(network.look.bias))
    found = make.joined(make.looked(h, scores, groups=fingers), extra)
    think, leave = network.think, network.leave
    thought = make.dense(found, _array(think.weight), _array(think.bias), Function.RELU)
    return make.dense(thought, _array(leave.weight), _array(leave.bias))


def averaged(make: Builder, parts: Sequence[Values]) -> Values:
    """Add the mean of several networks' outputs."""
    size, count = parts[0].size, len(parts)
    return make.mixed(make.joined(*parts).reshaped(count, size), np.full((1, count), 1.0 / count))


def _entered(make: Builder, network: TaxelNetwork, channels: Sequence[Values]) -> Values:
    """The first layer, channel by channel; where a taxel sits never changes, and is a bias of its own."""
    weight, where = _array(network.enter.weight), _array(network.where)
    count = len(channels)
    bias = _array(network.enter.bias) + where @ weight[:, count:].T
    h: Values | None = None
    for k, channel in enumerate(channels):
        last, column = k == count - 1, weight[:, k : k + 1]
        rows = channel.reshaped(len(where), 1)
        function = Function.RELU if last else Function.SAME
        if h is None:
            h = make.dense(rows, column, bias, function)
        else:
            make.dense(rows, column, np.zeros(len(weight)), function, to=(h, Onto.BEFORE))
    assert h is not None
    return h


def _array(value: Tensor) -> Array:
    return value.detach().numpy().astype(np.float64)
