"""What ranks the ways to take a case, as ONNX: features in; chance, doubt, seconds and score out, for any number of ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.export.language_onnx import IR_VERSION, OPSET
from robolab.export.sight_onnx import needed

INPUT, OUTPUTS = "features", ("chance", "doubt", "seconds", "score")
_FLOAT = 1
"""What ONNX calls float32."""


def onnx_of(tables: Mapping[str, Array], worth: Mapping[str, Array], says: str) -> bytes:
    """Return the networks that vote and what is made of their votes as a serialised model.

    Args:
        tables: `mean`, `scale` (n,); `first` (m, n, w), `second` (m, w, w), `last` (m, w, 2) and their `_bias`.
        worth: `hurry` of a second, and `rule` (n,): what each feature adds to the score besides.
    Raises:
        ExportError: onnx is not installed.
    """
    onnx = needed("onnx")
    make = onnx.helper
    nodes: list[Any] = []
    arrays = [
        make.make_tensor(name, _FLOAT, value.shape, np.ravel(value).astype(np.float32).tolist())
        for name, value in _constants(tables, worth).items()
    ]
    arrays.append(make.make_tensor("members", 7, (1,), [0]))

    def add(op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(make.make_node(op, inputs, [output], **attributes))
        return output

    x = add("Div", [add("Sub", [INPUT, "mean"], "centred"), "scale"], "scaled")
    for layer in ("first", "second"):
        x = add("Add", [add("MatMul", [x, layer], f"{layer}_sum"), f"{layer}_bias"], f"{layer}_in")
        x = add("Tanh", [x], f"{layer}_out")
    x = add("Add", [add("MatMul", [x, "last"], "last_sum"), "last_bias"], "votes")
    odds, time = "odds", "time"
    nodes.append(make.make_node("Split", [x], [odds, time], axis=2, num_outputs=2))
    chances = add("Sigmoid", [odds], "chances")
    _mean(add, chances, "mean_chance", "chance")
    off = add("Sub", [chances, "mean_chance"], "off")
    spread = add("ReduceSum", [add("Mul", [off, off], "squares"), "members"], "spread", keepdims=0)
    deviation = add("Sqrt", [add("Div", [spread, "others"], "variance")], "deviation")
    add("Squeeze", [deviation, "one"], "doubt")
    _mean(add, time, "mean_time", "seconds")
    leans = add("MatMul", [INPUT, "rule"], "leans")
    sure = add("Sub", ["chance", "doubt"], "sure")
    waits = add("Mul", ["seconds", "hurry"], "waits")
    add("Add", [add("Sub", [sure, waits], "worth"), leans], "score")
    arrays.append(make.make_tensor("one", 7, (1,), [1]))
    n = len(tables["mean"])
    graph = make.make_graph(
        nodes,
        "picks",
        [make.make_tensor_value_info(INPUT, _FLOAT, ("ways", n))],
        [make.make_tensor_value_info(name, _FLOAT, ("ways",)) for name in OUTPUTS],
        arrays,
    )
    model = make.make_model(
        graph,
        doc_string=says,
        opset_imports=[make.make_opsetid("", OPSET)],
        producer_name="robolab",
    )
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


def _mean(add: Any, value: str, kept: str, output: str) -> None:
    """Mean over the members, once with their axis and once without, and without the last."""
    add("ReduceMean", [value, "members"], kept, keepdims=1)
    flat = add("Squeeze", [kept, "members"], f"{kept}_flat")
    add("Squeeze", [flat, "one"], output)


def _constants(tables: Mapping[str, Array], worth: Mapping[str, Array]) -> dict[str, Array]:
    members = tables["first"].shape[0]
    return {
        **tables,
        "rule": worth["rule"],
        "hurry": np.asarray(worth["hurry"], dtype=float).reshape(1),
        "others": np.array([float(max(members - 1, 1))]),
    }
