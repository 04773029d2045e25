"""What ranks the ways to take a case, as ONNX: features in; chance, doubt, seconds and score out, for any number of ways."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.export.language_onnx import IR_VERSION, OPSET
from robolab.export.sight_onnx import needed

INPUT, OUTPUTS = "features", ("chance", "doubt", "seconds", "score")
RULE_NODE = "leans"
"""Name of the node that adds the rule's score."""
_FLOAT, _INTEGER = 1, 7
"""What ONNX calls float32 and int64."""


class _Graph:
    """Nodes and arrays of a model as they are added."""

    def __init__(self, tables: Mapping[str, Array], worth: Mapping[str, Array]) -> None:
        self._onnx = needed("onnx")
        self._make = self._onnx.helper
        self._features = len(tables["mean"])
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        hurry = np.asarray(worth["hurry"], dtype=float).reshape(1)
        for name, value in {**tables, "rule": worth["rule"], "hurry": hurry}.items():
            self.array(name, value)

    def array(self, name: str, value: Array) -> None:
        flat = np.ravel(value).astype(np.float32).tolist()
        self.arrays.append(self._make.make_tensor(name, _FLOAT, value.shape, flat))

    def axis(self, name: str, number: int) -> None:
        self.arrays.append(self._make.make_tensor(name, _INTEGER, (1,), [number]))

    def add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(self._make.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def split(self, value: str, outputs: list[str], axis: int) -> None:
        count = len(outputs)
        self.nodes.append(
            self._make.make_node("Split", [value], outputs, axis=axis, num_outputs=count)
        )

    def layers(self) -> str:
        """Add the network's layers, from the features to its last sums."""
        x = self.add("Div", [self.add("Sub", [INPUT, "mean"], "centred"), "scale"], "scaled")
        for layer in ("first", "second"):
            total = self.add("MatMul", [x, layer], f"{layer}_sum")
            x = self.add(
                "Tanh", [self.add("Add", [total, f"{layer}_bias"], f"{layer}_in")], f"{layer}_out"
            )
        return self.add("Add", [self.add("MatMul", [x, "last"], "last_sum"), "last_bias"], "said")

    def model(self, says: str) -> bytes:
        """Add the score, and return the whole serialised."""
        leans = self.add("MatMul", [INPUT, "rule"], RULE_NODE)
        sure = self.add("Sub", ["chance", "doubt"], "sure")
        waits = self.add("Mul", ["seconds", "hurry"], "waits")
        self.add("Add", [self.add("Sub", [sure, waits], "worth"), leans], "score")
        make = self._make
        graph = make.make_graph(
            self.nodes,
            "picks",
            [make.make_tensor_value_info(INPUT, _FLOAT, ("ways", self._features))],
            [make.make_tensor_value_info(name, _FLOAT, ("ways",)) for name in OUTPUTS],
            self.arrays,
        )
        made = make.make_model(
            graph,
            doc_string=says,
            opset_imports=[make.make_opsetid("", OPSET)],
            producer_name="robolab",
        )
        made.ir_version = IR_VERSION
        self._onnx.checker.check_model(made, full_check=True)
        data: bytes = made.SerializeToString()
        return data


def onnx_of(tables: Mapping[str, Array], worth: Mapping[str, Array], says: str) -> bytes:
    """Return the networks that vote and what is made of their votes as a serialised model.

    Args:
        tables: `mean`, `scale` (n,); `first` (m, n, w), `second` (m, w, w), `last` (m, w, 2) and their `_bias`.
        worth: `hurry` of a second, and `rule` (n,): what each feature adds to the score besides.
    Raises:
        ExportError: onnx is not installed.
    """
    graph = _Graph(tables, worth)
    graph.axis("members", 0)
    graph.axis("one", 1)
    graph.array("others", np.array([float(max(tables["first"].shape[0] - 1, 1))]))
    graph.split(graph.layers(), ["odds", "time"], axis=2)
    chances = graph.add("Sigmoid", ["odds"], "chances")
    for value, kept, output in (
        (chances, "mean_chance", "chance"),
        ("time", "mean_time", "seconds"),
    ):
        graph.add("ReduceMean", [value, "members"], kept, keepdims=1)
        graph.add(
            "Squeeze", [graph.add("Squeeze", [kept, "members"], f"{kept}_flat"), "one"], output
        )
    off = graph.add("Sub", [chances, "mean_chance"], "off")
    squares = graph.add("Mul", [off, off], "squares")
    spread = graph.add("ReduceSum", [squares, "members"], "spread", keepdims=0)
    deviation = graph.add("Sqrt", [graph.add("Div", [spread, "others"], "variance")], "deviation")
    graph.add("Squeeze", [deviation, "one"], "doubt")
    return graph.model(says)


def small_onnx_of(
    tables: Mapping[str, Array], worth: Mapping[str, Array], most_doubt: float, says: str
) -> bytes:
    """Return a distilled network as a serialised model, with the same inputs and outputs.

    Args:
        tables: `mean`, `scale` (n,); `first` (n, w), `second` (w, w), `last` (w, 3) and their `_bias`.
        most_doubt: What the second output is a share of.
    Raises:
        ExportError: onnx is not installed.
    """
    graph = _Graph(tables, worth)
    graph.axis("one", 1)
    graph.array("most_doubt", np.array([most_doubt]))
    graph.split(graph.layers(), ["odds", "doubts", "time"], axis=1)
    graph.add("Squeeze", [graph.add("Sigmoid", ["odds"], "likely"), "one"], "chance")
    share = graph.add("Sigmoid", ["doubts"], "doubtful")
    graph.add("Squeeze", [graph.add("Mul", [share, "most_doubt"], "scaled_doubt"), "one"], "doubt")
    graph.add("Squeeze", ["time", "one"], "seconds")
    return graph.model(says)


def in_int8(model: bytes) -> bytes:
    """Return a model whose layers hold weights of eight bits and take their inputs in eight; the rule stays exact.

    Raises:
        ExportError: onnxruntime is not installed.
    """
    quantisation = needed("onnxruntime.quantization")
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        plain.write_bytes(model)
        kinds = {"weight_type": quantisation.QuantType.QInt8, "per_channel": True}
        quantisation.quantize_dynamic(plain, small, nodes_to_exclude=[RULE_NODE], **kinds)
        return small.read_bytes()
