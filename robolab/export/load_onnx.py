"""ONNX: the step as a graph, state in and state out, and a file that says how to feed it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.files import write_bytes, write_json
from robolab.export.load_contract import NAME, STEP_WRITERS, Step
from robolab.export.traced import Graph

OPSET, IR_VERSION = 18, 8
_TYPES = {"f": 11, "i": 7, "b": 9}
"""What ONNX calls float64, int64 and bool."""


@dataclass(frozen=True)
class Onnx:
    """Writes `load_estimator.onnx`, and `load_estimator.json` with the first state and when to take a step."""

    name: str = "onnx"
    description: str = "ONNX: a step of the filter, state in and state out"

    def write(self, step: Step, folder: Path) -> list[Path]:
        """See `StepWriter`."""
        graph, first = step.graph()
        model = model_of(graph, step.banner)
        paths = [folder / f"{NAME}.onnx", folder / f"{NAME}.json"]
        write_bytes(paths[0], model)
        sizes = {name.lower(): int(table.value) for name, table in step.sizes.items()}
        write_json(
            paths[1],
            {
                "robot": step.robot.name,
                "joints": step.robot.joints,
                "period_s": step.period,
                "samples": sizes["span"],
                "every": sizes["every"],
                "longest_s": step.tables["LONGEST"].value,
                "state": first,
                "estimate": ESTIMATE,
            },
        )
        return paths


ESTIMATE = (
    *("mass_kg", "mass_std_kg", "com_x_m", "com_y_m", "com_z_m"),
    *("com_std_x_m", "com_std_y_m", "com_std_z_m", "known", "changed_s"),
)


def model_of(graph: Graph, says: str) -> bytes:
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
    used = {name for node in nodes for name in node.inputs}
    made = make.make_graph(
        [make.make_node(node.op, node.inputs, [node.output], **node.attributes) for node in nodes],
        NAME,
        [make.make_tensor_value_info(name, double, s) for name, s in graph.inputs.items()],
        [make.make_tensor_value_info(name, double, s) for name, s in graph.outputs.items()],
        [
            make.make_tensor(name, _TYPES[value.dtype.kind], value.shape, np.ravel(value).tolist())
            for name, value in graph.initial.items()
            if name in used
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
