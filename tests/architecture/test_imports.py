"""Imports point one way, and some libraries stay behind walls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "robolab"

# Each package imports only what stands before it. Those on one line do not import each other.
ORDER = [
    ["core"],
    ["scene"],
    ["robots"],
    ["trajectory"],
    ["kernels"],
    ["sim"],
    ["sensors"],
    ["perception"],
    ["tasks"],
    ["learning"],
    ["planning", "estimation", "touch", "sight"],
    ["verify"],
    ["export"],
    ["jobs"],
    ["cli"],
]
LEVEL = {name: level for level, row in enumerate(ORDER) for name in row}

TRAINED = ["network", "fusion", "learned", "batch", "slim", "variants"]

# Where a library may be imported: a package, or one of its modules.
WALLS = {
    "pybullet": ["sim", "cli.view"],
    "pybullet_data": ["sim"],
    "mujoco": ["sim.mujoco"],
    "torch": [
        "kernels",
        "learning",
        "planning.learned",
        "touch",
        "sight",
        *(f"estimation.{name}" for name in TRAINED),
    ],
    "numba": ["core.compiled"],
    "open3d": ["sensors", "perception", "cli.view"],
    "pinocchio": ["robots", "verify"],
    "coal": ["verify"],
    "ompl": ["planning"],
    "ruckig": ["trajectory"],
    "typer": ["cli"],
    "rich": ["cli"],
    "gymnasium": ["tasks", "learning"],
    "ray": ["learning.ray_workers"],
    "tensorboard": ["learning.scalars"],
}

# The verifier must not lean on the code it checks.
VERIFIER_MAY_USE = ["core", "scene", "robots.model", "robots.load", "trajectory.polynomial"]
VERIFIER_MAY_USE += ["trajectory.trajectory", "sim.tracking", "robots"]

FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(file: Path) -> str:
    """Dotted name of a file below the package."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def within(name: str, places: list[str]) -> bool:
    return any(name == place or name.startswith((place + ".", place + "_")) for place in places)


def breaches_of_order(module: str, imported: str) -> bool:
    here, _, _ = module.partition(".")
    there = imported.removeprefix("robolab.").partition(".")[0]
    if here == there or there not in LEVEL:
        return False
    return LEVEL[there] >= LEVEL[here]


def test_every_package_has_its_place() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    unknown = packages - set(LEVEL)
    assert not unknown, f"add to ORDER: {sorted(unknown)}"
    loose = [path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    assert not loose, f"modules outside any package: {loose}"


def test_imports_point_one_way() -> None:
    found = [
        f"{file.relative_to(PACKAGE.parent)}:{line}: {imported}"
        for file in FILES
        if (module := module_name(file))
        for line, imported in imports(file)
        if imported.startswith("robolab.") and breaches_of_order(module, imported)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("library", sorted(WALLS))
def test_library_stays_behind_its_wall(library: str) -> None:
    found = [
        f"{file.relative_to(PACKAGE.parent)}:{line}: {imported}"
        for file in FILES
        for line, imported in imports(file)
        if imported.partition(".")[0] == library and not within(module_name(file), WALLS[library])
    ]
    assert not found, f"allowed in {WALLS[library]} only:\n" + "\n".join(found)


def test_verifier_shares_only_specs_descriptions_and_coefficients() -> None:
    found = [
        f"{file.relative_to(PACKAGE.parent)}:{line}: {imported}"
        for file in (PACKAGE / "verify").rglob("*.py")
        for line, imported in imports(file)
        if imported.startswith("robolab.")
        and not within(imported.removeprefix("robolab."), ["verify", *VERIFIER_MAY_USE])
    ]
    assert not found, "\n".join(found)


def test_a_breach_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text("def f():\n    from robolab.jobs.plan import plan_job\n    import torch.nn\n")
    found = dict(imports(file))
    assert breaches_of_order("planning.ik", found[2])
    assert not breaches_of_order("cli.run", found[2])
    assert found[3].partition(".")[0] == "torch"
    assert not within("planning.ik", WALLS["torch"])
    assert within("planning.learned_batch", WALLS["torch"])
