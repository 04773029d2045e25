"""How kernels are compiled: once, and kept on disk wherever that can be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numba
from numba.core import config

from robolab.core.assets import cache_dir


def _can_keep() -> bool:
    """Point numba at a folder it can write; the package's own may be read-only."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    folder = cache_dir() / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    if not os.access(folder, os.W_OK):
        return False
    config.CACHE_DIR = str(folder)  # pyright: ignore[reportAttributeAccessIssue]
    return True


_KEEP = _can_keep()


def jit(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, without the interpreter or its lock."""
    return numba.njit(cache=_KEEP, fastmath=True, error_model="numpy", nogil=True)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a helper into each of its callers: arguments of many arrays are costly to pass."""
    return numba.njit(
        cache=_KEEP, fastmath=True, error_model="numpy", nogil=True, forceinline=True
    )(function)
