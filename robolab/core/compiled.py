"""How kernels are compiled: once, and kept on disk wherever that can be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config

from robolab.core.assets import cache_dir
from robolab.core.files import content_hash


def _sources() -> str:
    """Name the content of all compiled code: numba notices no change in what a kept function calls in other files."""
    package = Path(__file__).resolve().parents[1]
    files = {*package.glob("kernels/*.py"), *package.glob("*/*compiled*.py")}
    return content_hash(*sorted(files))


def _can_keep() -> bool:
    """Point numba at a folder it can write; the package's own may be read-only."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    folder = cache_dir() / "numba" / _sources()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    if not os.access(folder, os.W_OK):
        return False
    config.CACHE_DIR = str(folder)  # pyright: ignore[reportAttributeAccessIssue]
    return True


_KEEP = _can_keep()
_MATHS = {"nnan", "ninf", "nsz"}
"""Only what cannot change a finite result. Were sums reordered or products fused, a function would round in its own
way in each place that it is inlined into, and a program just compiled would differ from one kept on disk."""


def jit(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, without the interpreter or its lock."""
    return numba.njit(cache=_KEEP, fastmath=_MATHS, error_model="numpy", nogil=True)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a helper into each of its callers: arguments of many arrays are costly to pass."""
    return numba.njit(
        cache=_KEEP, fastmath=_MATHS, error_model="numpy", nogil=True, forceinline=True
    )(function)
