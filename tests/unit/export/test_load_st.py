"""Exported Structured Text: a parser takes it, and, run by an interpreter of its few statements, it says what Python says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest

from robolab.estimation.contract import Sample
from robolab.export.load import STEP_WRITERS, Step
from tests.unit.export.load_models import clock_set_back

TOKEN = re.compile(
    r"\(\*.*?\*\)|(?P<number>\d+\.\d+(?:E-?\d+)?|\d+)|(?P<word>[A-Za-z_]\w*)|(?P<mark>:=|<=|>=|<>|[^\s\w])",
    re.DOTALL,
)
SECTION = re.compile(r"^VAR\w*(?: CONSTANT)?\n(.*?)^END_VAR", re.DOTALL | re.MULTILINE)
DECLARED = re.compile(r"(\w+) : (?:ARRAY\[([^\]]*)\] OF )?(\w+)(?: := ([^;]*))?;")
PYTHON = {"AND": "and", "OR": "or", "NOT": "not", "MOD": "%", "=": "==", "<>": "!=", ":=": "="}
PYTHON |= {"TRUE": "True", "FALSE": "False", "EXIT": "break"}
STANDARD: dict[str, Any] = {
    "MIN": min,
    "MAX": max,
    "ABS": abs,
    "INT_TO_LREAL": float,
    "SIN": math.sin,
    "COS": math.cos,
    "EXP": math.exp,
    "LN": math.log,
    "SQRT": math.sqrt,
}


class Block:
    """A function block of plain statements, translated to Python."""

    def __init__(self, text: str) -> None:
        self.values: dict[str, Any] = dict(STANDARD)
        self.integers: set[str] = set()
        plain = re.sub(r"\(\*.*?\*\)", "", text, flags=re.DOTALL)
        for section in SECTION.findall(plain):
            for name, bounds, kind, first in DECLARED.findall(section):
                self._declare(name, bounds, kind, first)
        body = plain[plain.rindex("END_VAR") + len("END_VAR") : plain.rindex("END_FUNCTION_BLOCK")]
        self.code: CodeType = compile("\n".join(self._lines(body)), "block", "exec")

    def _declare(self, name: str, bounds: str, kind: str, first: str) -> None:
        assert name not in self.values, name
        assert name.lower() not in {known.lower() for known in self.values}, f"{name} twice"
        zero = {"LREAL": 0.0, "INT": 0, "DINT": 0, "SINT": 0, "BOOL": False}[kind]
        if bounds:
            shape = [int(bound.split("..")[1]) + 1 for bound in bounds.split(",")]
            array = np.full(shape, zero)
            if first:
                array[...] = np.array([float(x) for x in first.strip("[]\n ").split(",")])
            self.values[name] = array
        else:
            if kind == "INT":
                self.integers.add(name)
            self.values[name] = type(zero)(float(first)) if first else zero

    def _lines(self, body: str) -> Iterator[str]:
        tokens = [m.group() for m in TOKEN.finditer(body) if m.lastgroup]
        depth, k = 0, 0
        while k < len(tokens):
            word = tokens[k]
            if word in ("END_IF", "END_FOR", "END_WHILE"):
                depth, k = depth - 1, k + 1
            elif word == "ELSE":
                yield "    " * (depth - 1) + "else:"
                k += 1
            else:
                stop = {"IF": "THEN", "ELSIF": "THEN", "FOR": "DO", "WHILE": "DO"}.get(word, ";")
                end = tokens.index(stop, k)
                indent = "    " * (depth - (word == "ELSIF"))
                yield indent + self._statement(word, tokens[k:end])
                depth, k = depth + (word in ("IF", "FOR", "WHILE")), end + 1
        assert depth == 0

    def _statement(self, word: str, tokens: list[str]) -> str:
        if word == "FOR":
            to = tokens.index("TO")
            by = tokens.index("BY") if "BY" in tokens else len(tokens)
            step = int(self._python(tokens[by + 1 :])) if by < len(tokens) else 1
            first, last = self._python(tokens[3:to]), self._python(tokens[to + 1 : by])
            return f"for {tokens[1]} in range({first}, {last} + {step}, {step}):"
        if word in ("IF", "ELSIF", "WHILE"):
            name = {"IF": "if", "ELSIF": "elif", "WHILE": "while"}[word]
            return f"{name} {self._python(tokens[1:])}:"
        if len(tokens) == 3 and isinstance(self.values.get(tokens[2]), np.ndarray):
            return f"{word}[...] = {tokens[2]}"
        return self._python(tokens)

    def _python(self, tokens: list[str]) -> str:
        words = [PYTHON.get(token, token) for token in tokens]
        for k, token in enumerate(tokens):
            # Integers divide to integers.
            if token == "/" and tokens[k - 1] in self.integers and tokens[k + 1].isdigit():
                words[k] = "//"
            assert not token.isupper() or token in (*PYTHON, *self.values), token
        return " ".join(words).replace("- ", "-")

    def __call__(self, **inputs: Any) -> None:
        self.values.update(inputs)
        exec(self.code, self.values)

    def said(self) -> list[float]:
        v = self.values
        changed = v["changed_time"] if v["changed"] else -1.0
        back = v["set_back_time"] if v["set_back"] else -1.0
        load = [v["mass"], v["mass_std"], *v["com"], *v["com_std"]]
        return [*load, float(v["known"]), changed, back]


def text_of(step: Step, folder: Path) -> str:
    (path,) = STEP_WRITERS.get("st").write(step, folder)
    return path.read_text(encoding="utf-8")


def run(step: Step, folder: Path) -> np.ndarray:
    """What the block says after the recording's rows, and how far it is from Python's."""
    block = Block(text_of(step, folder))
    recording, said = step.recording, []
    for k, row in enumerate(recording.samples):
        q, qd, current = np.split(row[1:], 3)
        block(t=float(row[0]), q=q, qd=qd, current=current, forget=False)
        if k in recording.rows:
            said.append(block.said())
    return np.abs(np.array(said) - recording.said)


@pytest.mark.parametrize("name", ["ur10e", "panda", "palletiser"])
def test_says_what_python_says(name: str, step_of: Callable[..., Step], tmp_path: Path) -> None:
    assert run(step_of(name), tmp_path).max() < 1e-8


def test_a_wrong_constant_is_noticed(step_of: Callable[..., Step], tmp_path: Path) -> None:
    step = step_of("ur10e")
    gain = step.tables["GAIN"]
    wrong = {**step.tables, "GAIN": gain._replace(value=np.asarray(gain.value) * 1.001)}
    assert run(replace(step, tables=wrong), tmp_path).max() > 1e-5


def test_a_clock_may_be_set_back(step_of: Callable[..., Step], tmp_path: Path) -> None:
    step = step_of("ur10e")
    step = step_of("ur10e", samples=clock_set_back(step.recording.samples))
    assert step.recording.said[-1, 10] < 0.0
    assert run(step, tmp_path).max() < 1e-8


def test_forgets_the_load_when_told(step_of: Callable[..., Step], tmp_path: Path) -> None:
    step = step_of("ur10e")
    block, estimator = Block(text_of(step, tmp_path)), step.estimator()
    for k, row in enumerate(step.recording.samples[:106]):
        q, qd, current = np.split(row[1:], 3)
        block(t=float(row[0]), q=q, qd=qd, current=current, forget=k == 105)
        if k == 104:
            assert block.said()[8] == 1.0
    estimator.forget()
    expected = estimator.update(Sample(0.0, *np.zeros((3, 6))))
    assert block.said()[8] == 0.0
    assert block.said()[0] == pytest.approx(expected.mass, abs=1e-9)


@pytest.mark.parametrize("name", ["ur10e", "palletiser"])
def test_a_parser_takes_it(name: str, step_of: Callable[..., Step], tmp_path: Path) -> None:
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_iec61131_3_st")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    text = text_of(step_of(name), tmp_path)
    assert not parser.parse(text.encode()).root_node.has_error
    broken = text.replace("END_WHILE", "", 1)
    assert parser.parse(broken.encode()).root_node.has_error
