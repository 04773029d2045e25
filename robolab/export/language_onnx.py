"""ONNX: the step as a graph, state in and state out, and a file that says how to feed it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from robolab.core.files import write_bytes, write_json
from robolab.export.onnx_model import ModelGraph
from robolab.export.traced import Graph
from robolab.export.written import STEP_WRITERS, Written


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
    """Return a traced graph as a serialised ONNX model, without what no output needs.

    Raises:
        ExportError: onnx is not installed.
    """
    made, nodes = ModelGraph(name, double=True), graph.needed()
    used = {key for node in nodes for key in node.inputs}
    for node in nodes:
        made.add(node.op, node.inputs, node.output, **node.attributes)
    for key, value in graph.initial.items():
        if key in used:
            made.array(value, key)
    return made.model(graph.inputs, graph.outputs, says)


STEP_WRITERS.register("onnx")(Onnx())
