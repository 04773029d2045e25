"""The network that tells faces apart as ONNX in single precision, and in int8 by what its layers see of pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import ExportError
from robolab.export.language_onnx import IR_VERSION, OPSET
from robolab.sight.layers import Convolution, Layers

INPUT, OUTPUT = "picture", "chances"
_FLOAT = 1
"""What ONNX calls float32."""


def onnx_of(layers: Layers, channels: int, size: tuple[int, int], says: str) -> bytes:
    """Return a network as a serialised model: a picture (1, channels, h, w) to chances (1, 2, h, w).

    Raises:
        ExportError: onnx is not installed.
    """
    onnx = needed("onnx")
    graph = _Graph(onnx.helper)
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
    make, shape = onnx.helper, (1, channels, *size)
    made = make.make_graph(
        graph.nodes,
        "edges",
        [make.make_tensor_value_info(INPUT, _FLOAT, shape)],
        [make.make_tensor_value_info(OUTPUT, _FLOAT, (1, 2, *size))],
        graph.arrays,
    )
    model = make.make_model(
        made, doc_string=says, opset_imports=[make.make_opsetid("", OPSET)], producer_name="robolab"
    )
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


def in_int8(model: bytes, pictures: Sequence[np.ndarray]) -> bytes:
    """Return a model whose convolutions run in int8, with ranges taken from pictures, each (channels, h, w).

    Raises:
        ExportError: onnxruntime is not installed.
    """
    quantisation = needed("onnxruntime.quantization")
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        plain.write_bytes(model)
        quantisation.quantize_static(
            str(plain),
            str(small),
            _Pictures(pictures),
            per_channel=True,
            activation_type=quantisation.QuantType.QUInt8,
            weight_type=quantisation.QuantType.QInt8,
        )
        return small.read_bytes()


def session_of(model: bytes, threads: int) -> Any:
    """Return what runs a model on so many threads.

    Raises:
        ExportError: onnxruntime is not installed.
    """
    runtime = needed("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def needed(name: str) -> Any:
    """Import a package that is not always there.

    Raises:
        ExportError: it is not.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ExportError(
            f"needs the package {name.partition('.')[0]}",
            field="onnx",
            expected="pip install 'robolab[onnx]'",
        ) from error


class _Pictures:
    """Hands pictures to the quantiser one by one, by the method that it asks for."""

    def __init__(self, pictures: Sequence[np.ndarray]) -> None:
        self._rows: Iterator[dict[str, np.ndarray]] = iter(
            [{INPUT: picture[None].astype(np.float32)} for picture in pictures]
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._rows, None)


class _Graph:
    """Nodes and arrays of a model as they are added."""

    def __init__(self, helper: Any) -> None:
        self._helper = helper
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self._twice = self._array(np.array([1.0, 1.0, 2.0, 2.0], dtype=np.float32))

    def add(self, op: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(op, inputs, [output], **attributes))
        return output

    def level(self, x: str, convolutions: tuple[Convolution, ...]) -> str:
        for one in convolutions:
            x = self.add("Relu", [self.convolution(x, one)])
        return x

    def convolution(self, x: str, of: Convolution) -> str:
        pad = of.weight.shape[2] // 2
        inputs = [x, self._array(of.weight), self._array(of.bias)]
        return self.add("Conv", inputs, strides=[of.stride] * 2, pads=[pad] * 4)

    def enlarged(self, x: str) -> str:
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
        return self.add("Resize", [x, "", self._twice], **how, nearest_mode="floor")

    def finer(self, x: str, by: int) -> str:
        return self.add("DepthToSpace", [x], blocksize=by, mode="CRD")

    def joined(self, a: str, b: str) -> str:
        return self.add("Concat", [a, b], axis=1)

    def _array(self, value: np.ndarray) -> str:
        name = f"array{len(self.arrays)}"
        flat = np.ravel(value).astype(np.float32).tolist()
        self.arrays.append(self._helper.make_tensor(name, _FLOAT, value.shape, flat))
        return name
