"""Where robolab finds what it ships, what its libraries ship, real data, and its cache."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from robolab.core.errors import MissingAsset, UnknownName

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(folder: str) -> Path:
    """Return a folder that robolab ships: "scenes" or "policies".

    In a checkout it stands at the root, in an installed wheel inside the package.
    """
    installed = _PACKAGE / "_shipped" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


def descriptions() -> Path:
    """The folder of robot and tool descriptions inside the package."""
    return _PACKAGE / "robots" / "descriptions"


def data_dir() -> Path | None:
    """Real recorded data: where ROBOLAB_DATA points, else `../shared/data`; None if absent."""
    named = os.environ.get("ROBOLAB_DATA")
    folder = Path(named) if named else _PACKAGE.parent.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def cache_dir() -> Path:
    """Return the folder for things derived from content and named by its hash."""
    named = os.environ.get("ROBOLAB_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "robolab"


def package_file(uri: str) -> Path:
    """Resolve `package://ROOT/...` to a file of robolab or of an installed asset package.

    Raises:
        UnknownName: ROOT is none of the asset roots.
        MissingAsset: the file is not there.
    """
    root_name, _, relative = uri.removeprefix("package://").partition("/")
    roots = {
        "robolab": descriptions,
        "example-robot-data": _example_robot_data,
        "pybullet_data": _pybullet_data,
    }
    if root_name not in roots:
        raise UnknownName("asset package", root_name, roots)
    root = roots[root_name]().resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise MissingAsset("no such file", value=uri, expected=f"a file under {root}")
    return path


def _example_robot_data() -> Path:
    spec = find_spec("cmeel")
    if spec is None or spec.origin is None:
        raise MissingAsset("package example-robot-data is not installed")
    site = Path(spec.origin).parent.parent
    return site / "cmeel.prefix" / "share" / "example-robot-data" / "robots"


def _pybullet_data() -> Path:
    spec = find_spec("pybullet_data")
    if spec is None or spec.origin is None:
        raise MissingAsset("package pybullet_data is not installed")
    return Path(spec.origin).parent
