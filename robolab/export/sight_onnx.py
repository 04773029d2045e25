"""The network that tells faces apart as ONNX in single precision."""

from __future__ import annotations

import numpy as np

from robolab.export.onnx_model import ModelGraph
from robolab.sight.layers import Convolution, Layers

INPUT, OUTPUT = "picture", "chances"


def onnx_of(layers: Layers, channels: int, size: tuple[int, int], says: str) -> bytes:
    """Return a network as a serialised model: a picture (1, channels, h, w) to chances (1, 2, h, w).

    Raises:
        ExportError: onnx is not installed.
    """
    graph = _Graph()
    x, kept = INPUT, list[str]()
    for level in layers.down:
        x = graph.level(x, level)
        kept.append(x)
    kept.pop()
    for narrow, level in zip(layers.narrow, layers.up, strict=True):
        x = graph.enlarged(graph.level(x, narrow))
        x = graph.level(graph.joined(x, kept.pop()), level)
    x = graph.finer(graph.convolution(x, layers.tell), layers.finer)
    graph.add("Sigmoid", [x], OUTPUT)
    return graph.model({INPUT: (1, channels, *size)}, {OUTPUT: (1, 2, *size)}, says)


class _Graph(ModelGraph):
    """What a U-Net is made of."""

    def __init__(self) -> None:
        super().__init__("edges")
        self._twice = self.array(np.array([1.0, 1.0, 2.0, 2.0]))

    def level(self, x: str, convolutions: tuple[Convolution, ...]) -> str:
        for one in convolutions:
            x = self.add("Relu", [self.convolution(x, one)])
        return x

    def convolution(self, x: str, of: Convolution) -> str:
        pad = of.weight.shape[2] // 2
        inputs = [x, self.array(of.weight), self.array(of.bias)]
        return self.add("Conv", inputs, strides=[of.stride] * 2, pads=[pad] * 4)

    def enlarged(self, x: str) -> str:
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
        return self.add("Resize", [x, "", self._twice], **how, nearest_mode="floor")

    def finer(self, x: str, by: int) -> str:
        return self.add("DepthToSpace", [x], blocksize=by, mode="CRD")

    def joined(self, a: str, b: str) -> str:
        return self.add("Concat", [a, b], axis=1)
