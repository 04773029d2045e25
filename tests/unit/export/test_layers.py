"""Small networks as C, Structured Text and ONNX: each says what Python says, call by call, with what is kept between."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from robolab.core.errors import BadInput
from robolab.export.layers import LayersStep, layers_step
from robolab.export.load import STEP_WRITERS
from robolab.learning.program import Program
from robolab.learning.program_builder import Builder
from tests.unit.export.layers_programs import program_of_all
from tests.unit.export.test_load_c import SANITISED, STRICT, difference
from tests.unit.export.test_load_st import Block

FORMS = ["full", "int8"]


def form_of(form: str) -> Program:
    program = program_of_all()
    return program.quantised() if form == "int8" else program


def run_c(step: LayersStep, folder: Path, *options: str) -> tuple[int, str]:
    STEP_WRITERS.get("c").write(step, folder)
    sources = [f"{step.name}.c", f"{step.name}_test.c"]
    command = ["cc", *STRICT, *options, *sources, "-lm", "-o", "program"]
    subprocess.run(command, cwd=folder, check=True)
    ran = subprocess.run([folder / "program"], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


@needs_compiler
@pytest.mark.parametrize("form", FORMS)
def test_c_says_what_python_says(form: str, tmp_path: Path) -> None:
    code, text = run_c(layers_step(form_of(form)), tmp_path, *SANITISED)
    assert code == 0, text
    assert difference(text) < 1e-12


@needs_compiler
def test_a_wrong_weight_is_noticed(tmp_path: Path) -> None:
    step = layers_step(program_of_all())
    weight = step.tables["WEIGHT"]
    wrong = {**step.tables, "WEIGHT": weight._replace(value=np.asarray(weight.value) * 1.001)}
    code, text = run_c(replace(step, tables=wrong), tmp_path)
    assert code == 1, text


@needs_compiler
def test_c_allocates_nothing_and_floats_are_close(tmp_path: Path) -> None:
    step = layers_step(program_of_all())
    _, text = run_c(step, tmp_path, "-O2", "-DTOUCH_TRIAL_REAL=float")
    assert difference(text) < 1e-4
    subprocess.run(["cc", *STRICT, "-c", "touch_trial.c"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        ["nm", "-u", "touch_trial.o"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert not set(listed.stdout.split()) & {"malloc", "calloc", "realloc", "free", "printf"}


@pytest.mark.parametrize("form", FORMS)
def test_structured_text_says_what_python_says(form: str, tmp_path: Path) -> None:
    step = layers_step(form_of(form))
    (path,) = STEP_WRITERS.get("st").write(step, tmp_path)
    text = path.read_text(encoding="utf-8")
    block = Block(text)
    for call, said in zip(step.calls, step.said, strict=True):
        block(given=call, forget=False)
        np.testing.assert_allclose(block.values["said"], said, atol=1e-12)
    block(given=step.calls[0], forget=True)
    np.testing.assert_allclose(block.values["said"], step.said[0], atol=1e-12)
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_iec61131_3_st")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    assert not parser.parse(text.encode()).root_node.has_error


@pytest.mark.parametrize("form", FORMS)
def test_graph_says_what_python_says(form: str, tmp_path: Path) -> None:
    runtime: Any = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    step = layers_step(form_of(form))
    model, about = STEP_WRITERS.get("onnx").write(step, tmp_path)
    told = json.loads(about.read_text(encoding="utf-8"))
    assert told["outputs"] == ["force", "slip", "share"]
    session, state = runtime.InferenceSession(model), np.array(told["state"])
    for call, said in zip(step.calls, step.said, strict=True):
        outputs, state = session.run(["outputs", "next_state"], {"inputs": call, "state": state})
        np.testing.assert_allclose(outputs, said, atol=1e-10)


def test_a_gated_unit_is_torch_s() -> None:
    generator = torch.Generator().manual_seed(3)
    cell = torch.nn.GRUCell(4, 3).double()
    with torch.no_grad():
        for value in cell.parameters():
            value.copy_(torch.randn(value.shape, generator=generator))
    make = Builder(list("abcd"), states=3)
    gates = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]
    kept = make.gru(make.input, [gate.detach().numpy() for gate in gates])
    program, state = make.program("gru", "A unit", ["x", "y", "z"], kept), None
    hidden = torch.zeros(1, 3, dtype=torch.float64)
    for call in np.random.default_rng(0).normal(size=(5, 4)):
        said, state = program.run(call, state)
        hidden = cell(torch.from_numpy(call)[None], hidden)
        np.testing.assert_allclose(said, hidden.detach().numpy()[0], atol=1e-12)


def test_windows_are_torch_s_filter() -> None:
    generator = torch.Generator().manual_seed(4)
    conv = torch.nn.Conv1d(2, 3, kernel_size=4, stride=2).double()
    x = torch.randn(1, 2, 11, generator=generator, dtype=torch.float64)
    make = Builder([f"x{k}" for k in range(22)])
    weight = conv.weight.detach().numpy().transpose(0, 2, 1).reshape(3, 8)
    rows = make.input.reshaped(11, 2).windows(4, stride=2)
    said = make.dense(rows, weight, conv.bias.detach().numpy())  # pyright: ignore[reportOptionalMemberAccess]
    program = make.program("filter", "A filter", [f"y{k}" for k in range(said.size)], said)
    out = program.run(x[0].numpy().T.ravel())[0]
    np.testing.assert_allclose(out.reshape(-1, 3), conv(x)[0].detach().numpy().T, atol=1e-12)
    with pytest.raises(BadInput, match="fewer rows"):
        make.input.windows(2)
    with pytest.raises(BadInput, match="dense step"):
        make.mixed(rows, np.eye(4))


def test_rounding_is_to_steps_of_a_row() -> None:
    program, rounded = program_of_all(), program_of_all().quantised()
    call = layers_step(program).calls[0]
    off = np.abs(rounded.run(call)[0] - program.run(call)[0])
    assert 0.0 < off.max() < 0.05
    again = rounded.quantised()
    np.testing.assert_allclose(again.run(call)[0], rounded.run(call)[0], atol=1e-12)


def test_misfits_are_refused() -> None:
    make = Builder(["a"])
    with pytest.raises(BadInput, match="more states"):
        make.gru(make.input, [np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(3), np.zeros(3)])
    with pytest.raises(BadInput, match="outputs and names"):
        make.program("x", "X", ["a", "b"], make.input)
    with pytest.raises(BadInput, match="rows do not fit"):
        make.input.reshaped(2, 3)
