"""Traced arrays do what numpy's do, and refuse what cannot be traced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.estimation import rigid
from robolab.export.language_onnx import model_of
from robolab.export.traced import Graph, Traced
from robolab.export.traced_numpy import TracedNumpy, traced_copies


def run(graph: Graph, **inputs: np.ndarray) -> list[np.ndarray]:
    pytest.importorskip("onnx")
    runtime: Any = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(model_of(graph, "test"), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def shuffled(np_: Any, x: Any, y: Any) -> Any:
    """Moves, computations, and constants that go where computed numbers are."""
    out = np_.zeros((3, 4))
    out[1] = x[0] * 2.0
    out[:, 2] += y
    out[range(3), range(3)] = np_.exp(-np_.abs(y))
    swapped = out.T.reshape(2, 6).swapaxes(0, 1)
    both = np_.concatenate([swapped.sum(-1), np_.stack([y[0], y[2]]), y.max() - out.mean(0)])
    return both @ both, np_.where(both > 0.3, both, -1.0), np_.outer(y, y) / (1.0 + y**2)


def test_does_what_numpy_does() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 4)), rng.normal(size=3)
    graph = Graph()
    np_ = TracedNumpy(graph, 6, 1e-40)
    results = shuffled(np_, graph.input("x", (2, 4)), graph.input("y", (3,)))
    for k, result in enumerate(results):
        graph.output(f"out{k}", result)
    for found, expected in zip(run(graph, x=x, y=y), shuffled(np, x, y), strict=True):
        assert found == pytest.approx(expected, abs=1e-14)


def test_eigenvalues_and_vectors() -> None:
    graph = Graph()
    np_ = TracedNumpy(graph, 6, 1e-40)
    values, vectors = np_.eigh(graph.input("A", (3, 3)))
    graph.output("values", values)
    graph.output("vectors", vectors)
    half = np.random.default_rng(4).normal(size=(3, 3))
    for A in (half @ half.T, np.diag([2.0, 1.0, 1.0]), np.eye(3), np.zeros((3, 3))):
        found, V = run(graph, A=A)
        assert V @ np.diag(found) @ V.T == pytest.approx(A, abs=1e-13)
        assert np.abs(V @ V.T - np.eye(3)).max() < 1e-13


def test_constants_need_no_nodes() -> None:
    graph = Graph()
    np_ = TracedNumpy(graph, 6, 1e-40)
    result = np_.cross(np_.eye(3)[0], np.array([0.0, 1.0, 0.0])) + np_.ones(3)
    assert not graph.nodes
    assert graph.numbers(result) == pytest.approx([1.0, 1.0, 2.0])


def test_branches_are_refused() -> None:
    x = Graph().input("x", (2,))
    with pytest.raises(TypeError, match="truth value"):
        bool(x[0] > 0.0)
    with pytest.raises(TypeError, match="power 3"):
        _ = x**3


def test_modules_stay_as_they_are(tmp_path: Path) -> None:
    graph = Graph()
    copy = traced_copies(["robolab.estimation.rigid"], TracedNumpy(graph, 6, 1e-40))["rigid"]
    assert isinstance(copy.cross(graph.input("a", (3,)), np.ones(3)), Traced)
    assert rigid.np is np
    assert rigid.cross(np.eye(3)[0], np.eye(3)[1]) == pytest.approx([0.0, 0.0, 1.0])
