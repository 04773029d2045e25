"""Sizes, and habits that cause trouble later."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted([*(ROOT / "robolab").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEXT = {".py", ".yaml", ".yml", ".md", ".toml", ".json", ".urdf", ".j2", ".css", ".txt", ""}

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60
# Draws that all share numpy's global state.
GLOBAL_RANDOM = {
    "seed", "rand", "randn", "random", "randint", "uniform", "normal", "choice", "shuffle", "permutation",
    "random_sample", "standard_normal", "RandomState", "get_state", "set_state", "binomial", "poisson",
}  # fmt: skip
# Absolute paths of one machine; assembled so that this file does not hold them itself.
MACHINE_PATHS = re.compile(
    "|".join(rf"/{top}/[A-Za-z0-9_.]" for top in ("home", "root", "work", "Users"))
)


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def forbidden_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls that a file must not make, with their line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            module = getattr(node, "module", None) or ""
            if {"pickle", "dill", "marshal", "shelve"} & {*names, module}:
                yield node.lineno, f"import of {module or names}"
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        head, _, tail = name.rpartition(".")
        if name in {"eval", "exec", "yaml.load", "os.system", "torch.load", "torch.manual_seed"}:
            yield node.lineno, name
        if head in {"np.random", "numpy.random", "random"} and tail in GLOBAL_RANDOM:
            yield node.lineno, name
        if any(k.arg == "shell" and getattr(k.value, "value", False) for k in node.keywords):
            yield node.lineno, f"{name}(shell=True)"
        if any(k.arg == "allow_pickle" and getattr(k.value, "value", False) for k in node.keywords):
            yield node.lineno, f"{name}(allow_pickle=True)"


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_sizes(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    assert lines <= MOST_LINES, f"{lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            assert length <= MOST_LINES_OF_A_FUNCTION, f"{node.name}: {length} lines"


def test_no_forbidden_calls() -> None:
    found = [
        f"{name_of(file)}:{line}: {call}"
        for file in CODE
        for line, call in forbidden_calls(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


def test_no_bare_or_silent_except() -> None:
    found: list[str] = []
    for file in [*CODE, *TESTS]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ExceptHandler):
                continue
            silent = all(isinstance(line, ast.Pass) for line in node.body)
            broad = node.type is None or (
                silent and dotted(node.type) in {"Exception", "BaseException"}
            )
            if broad:
                found.append(f"{name_of(file)}:{node.lineno}")
    assert not found, "\n".join(found)


def test_no_paths_of_one_machine() -> None:
    folders = ["robolab", "scenes", "scripts", "docs", "tests", "policies"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in [*files, *ROOT.glob("*.md"), *ROOT.glob("*.toml")]
        if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts
        for match in MACHINE_PATHS.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found, "\n".join(found)


def test_no_two_functions_are_the_same() -> None:
    """A body of several lines that stands twice belongs in one place."""
    seen: dict[str, str] = {}
    found: list[str] = []
    for file in CODE:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            body = [
                n
                for n in node.body
                if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
            ]
            source = ast.dump(ast.Module(body, []))
            if len(source) < 900:
                continue
            place = f"{name_of(file)}:{node.lineno} {node.name}"
            if source in seen:
                found.append(f"{place} and {seen[source]}")
            seen[source] = place
    assert not found, "\n".join(found)


def test_forbidden_calls_are_noticed() -> None:
    source = (
        "import pickle\nimport numpy as np\nnp.random.rand(3)\neval('1')\nyaml.load(f)\n"
        "subprocess.run('x', shell=True)\nnp.load(f, allow_pickle=True)\nnp.random.default_rng(0)\n"
    )
    assert [line for line, _ in forbidden_calls(ast.parse(source))] == [1, 3, 4, 5, 6, 7]
