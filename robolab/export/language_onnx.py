"""ONNX: the step as a graph, state in and state out, and a file that says how to feed it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.files import write_bytes, write_json
from robolab.export.traced import Graph
from robolab.export.written import STEP_WRITERS, Written

OPSET, IR_VERSION = 18, 8
_TYPES = {"f": 11, "i": 7, "b": 9}
"""What ONNX calls float64, int64 and bool."""


@dataclass(frozen=True)
class Onnx:
    """Writes `NAME.onnx`, and `NAME.json` with the first state and when to take a step."""

    name: str = "onnx"
    description: str = "ONNX: a step as a graph, state in and state out"

    def write(self, step: Written, folder: Path) -> list[Path]:
        """See `StepWriter`."""
        graph, first = step.graph()
        paths = [folder / f"{step.name}.onnx", folder / f"{step.name}.json"]
        write_bytes(paths[0], model_of(graph, step.banner, step.name))
        write_json(paths[1], step.about(first))
        return paths


def model_of(graph: Graph, says: str, name: str = "step") -> bytes:
    """Return a graph as a serialised ONNX model, without what no output needs.

    Raises:
        ExportError: onnx is not installed.
    """
    try:
        onnx: Any = import_module("onnx")
    except ImportError as error:
        raise ExportError(
            "needs the package onnx", field="onnx", expected="pip install 'robolab[onnx]'"
        ) from error
    make, double = onnx.helper, _TYPES["f"]
    nodes = graph.needed()
    used = {key for node in nodes for key in node.inputs}
    made = make.make_graph(
        [make.make_node(node.op, node.inputs, [node.output], **node.attributes) for node in nodes],
        name,
        [make.make_tensor_value_info(key, double, s) for key, s in graph.inputs.items()],
        [make.make_tensor_value_info(key, double, s) for key, s in graph.outputs.items()],
        [
            make.make_tensor(key, _TYPES[value.dtype.kind], value.shape, np.ravel(value).tolist())
            for key, value in graph.initial.items()
            if key in used
        ],
    )
    model = make.make_model(
        made, doc_string=says, opset_imports=[make.make_opsetid("", OPSET)], producer_name="robolab"
    )
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


STEP_WRITERS.register("onnx")(Onnx())
