"""ONNX models: built node by node, put into int8, and run. The packages for it are extras, and asked for only here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import ExportError

OPSET, IR_VERSION = 18, 8
_SINGLE, _DOUBLE, _INTEGER, _TRUTH = 1, 11, 7, 9
"""What ONNX calls float32, float64, int64 and bool."""

Shapes = Mapping[str, Sequence[int | str]]
"""Shapes by name; a length that is a word is any length."""


class ModelGraph:
    """Nodes and arrays of a model as they are added.

    Args:
        name: Of the graph.
        double: Whether its numbers are of double precision.
    Raises:
        ExportError: onnx is not installed.
    """

    def __init__(self, name: str, double: bool = False) -> None:
        self._onnx = needed("onnx")
        self._name = name
        self._types = {"f": _DOUBLE if double else _SINGLE, "i": _INTEGER, "b": _TRUTH}
        self._nodes: list[Any] = []
        self._arrays: list[Any] = []

    def add(self, op: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        """Add a node; return the name of its first output, a new one where none is given."""
        outputs = outputs or (f"{op.lower()}{len(self._nodes)}",)
        self._nodes.append(self._onnx.helper.make_node(op, inputs, outputs, **attributes))
        return outputs[0]

    def array(self, value: np.ndarray, name: str = "") -> str:
        """Add a constant of numbers, integers or truths; return its name, a new one where none is given."""
        name = name or f"array{len(self._arrays)}"
        kind = self._types[value.dtype.kind]
        flat = np.ravel(value).astype(np.float32 if kind == _SINGLE else value.dtype)
        made = self._onnx.helper.make_tensor(name, kind, value.shape, flat.tolist())
        self._arrays.append(made)
        return name

    def model(self, inputs: Shapes, outputs: Shapes, says: str) -> bytes:
        """Return the whole as a serialised model, checked by onnx.

        Args:
            says: What the model is, for whoever opens it.
        """
        make, number = self._onnx.helper, self._types["f"]
        ends = [
            [make.make_tensor_value_info(name, number, tuple(of)) for name, of in shapes.items()]
            for shapes in (inputs, outputs)
        ]
        model = make.make_model(
            make.make_graph(self._nodes, self._name, *ends, self._arrays),
            doc_string=says,
            opset_imports=[make.make_opsetid("", OPSET)],
            producer_name="robolab",
        )
        model.ir_version = IR_VERSION
        self._onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString()
        return data


def in_int8(
    model: bytes, seen: Sequence[Mapping[str, np.ndarray]] = (), exact: Sequence[str] = ()
) -> bytes:
    """Return a model whose layers hold weights of eight bits and take their inputs in eight.

    Of the weights' eight bits seven are used: processors without VNNI add pairs of products of eight bits in sixteen, which
    overflows without a word (onnxruntime, "Quantize ONNX models", when to use reduce_range).

    Args:
        seen: Inputs by name that ranges are taken from once and for all; none: each call takes its own.
        exact: Names of nodes that stay as they are.
    Raises:
        ExportError: onnxruntime is not installed.
    """
    quantisation = needed("onnxruntime.quantization")
    kinds = quantisation.QuantType
    how = {
        "per_channel": True,
        "reduce_range": True,
        "weight_type": kinds.QInt8,
        "nodes_to_exclude": list(exact),
    }
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        plain.write_bytes(model)
        if seen:
            how["activation_type"] = kinds.QUInt8
            quantisation.quantize_static(str(plain), str(small), _Handed(seen), **how)
        else:
            quantisation.quantize_dynamic(plain, small, **how)
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


class _Handed:
    """Hands inputs to the quantiser one by one, by the method that it asks for."""

    def __init__(self, seen: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._rest: Iterator[dict[str, np.ndarray]] = iter([dict(inputs) for inputs in seen])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._rest, None)
