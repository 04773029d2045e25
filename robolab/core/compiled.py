"""How kernels are compiled: once, and kept on disk wherever that can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import caching, config

from robolab.core.files import content_hash
from robolab.core.kernel_folder import PACKAGE, kernel_folder


class ByContent:
    """Tells numba where to keep a function of this package: by what its sources say, not by where they lie.

    numba's own locators name folders by the sources' path, so that each checkout would compile for itself. The
    methods are those that numba asks of a locator.
    """

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._py_file = file
        self._line = function.__code__.co_firstlineno
        place = Path(file).resolve().parent.relative_to(PACKAGE)
        self._folder = Path(str(getattr(config, "CACHE_DIR", ""))) / place

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> ByContent | None:
        """Return the locator of a function; None for code of others, which numba then keeps as ever."""
        return cls(py_func, py_file) if Path(py_file).resolve().is_relative_to(PACKAGE) else None

    def ensure_cache_path(self) -> None:
        """Make the folder, and fail where nothing can be written into it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=self._folder).close()

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return content_hash(Path(self._py_file))

    def get_disambiguator(self) -> str:
        return str(self._line)


def _can_keep() -> bool:
    """Point numba at a folder it can write; the package's own may be read-only."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    folder = kernel_folder()
    if folder is None:
        return False
    config.CACHE_DIR = str(folder)  # pyright: ignore[reportAttributeAccessIssue]
    # A numba that asks in another way keeps to its own locators, one folder for each path.
    asked = getattr(getattr(caching, "CacheImpl", None), "_locator_classes", [])
    asked.insert(0, ByContent)
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
