"""What ranks the ways to take a case, as ONNX: features in; chance, doubt, seconds and score out, for any number of ways."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from robolab.core.transforms import Array
from robolab.export.onnx_model import ModelGraph

INPUT, OUTPUTS = "features", ("chance", "doubt", "seconds", "score")
RULE_NODE = "leans"
"""Name of the node that adds the rule's score, which is exact in every form."""


class _Graph(ModelGraph):
    """What both forms have: layers at first, and what is made of their votes at last."""

    def __init__(self, tables: Mapping[str, Array], worth: Mapping[str, Array]) -> None:
        super().__init__("picks")
        self._features = len(tables["mean"])
        hurry = np.asarray(worth["hurry"], dtype=float).reshape(1)
        for name, value in {**tables, "rule": worth["rule"], "hurry": hurry}.items():
            self.array(value, name)

    def layers(self) -> str:
        """Add the network's layers, from the features to its last sums."""
        x = self.add("Div", [self.add("Sub", [INPUT, "mean"], "centred"), "scale"], "scaled")
        for layer in ("first", "second"):
            total = self.add("MatMul", [x, layer], f"{layer}_sum")
            x = self.add(
                "Tanh", [self.add("Add", [total, f"{layer}_bias"], f"{layer}_in")], f"{layer}_out"
            )
        return self.add("Add", [self.add("MatMul", [x, "last"], "last_sum"), "last_bias"], "said")

    def split(self, *outputs: str, axis: int) -> None:
        """Add the layers, and name what they say."""
        self.add("Split", [self.layers()], *outputs, axis=axis, num_outputs=len(outputs))

    def ranked(self, says: str) -> bytes:
        """Add the score, and return the whole serialised."""
        leans = self.add("MatMul", [INPUT, "rule"], RULE_NODE, name=RULE_NODE)
        sure = self.add("Sub", ["chance", "doubt"], "sure")
        waits = self.add("Mul", ["seconds", "hurry"], "waits")
        self.add("Add", [self.add("Sub", [sure, waits], "worth"), leans], "score")
        said = dict.fromkeys(OUTPUTS, ("ways",))
        return self.model({INPUT: ("ways", self._features)}, said, says)


def onnx_of(tables: Mapping[str, Array], worth: Mapping[str, Array], says: str) -> bytes:
    """Return the networks that vote and what is made of their votes as a serialised model.

    Args:
        tables: `mean`, `scale` (n,); `first` (m, n, w), `second` (m, w, w), `last` (m, w, 2) and their `_bias`.
        worth: `hurry` of a second, and `rule` (n,): what each feature adds to the score besides.
    Raises:
        ExportError: onnx is not installed.
    """
    graph = _Graph(tables, worth)
    graph.array(np.array([0]), "members")
    graph.array(np.array([1]), "one")
    graph.array(np.array([float(max(tables["first"].shape[0] - 1, 1))]), "others")
    graph.split("odds", "time", axis=2)
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
    return graph.ranked(says)


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
    graph.array(np.array([1]), "one")
    graph.array(np.array([most_doubt]), "most_doubt")
    graph.split("odds", "doubts", "time", axis=1)
    graph.add("Squeeze", [graph.add("Sigmoid", ["odds"], "likely"), "one"], "chance")
    share = graph.add("Sigmoid", ["doubts"], "doubtful")
    graph.add("Squeeze", [graph.add("Mul", [share, "most_doubt"], "scaled_doubt"), "one"], "doubt")
    graph.add("Squeeze", ["time", "one"], "seconds")
    return graph.ranked(says)
