"""Where compiled kernels are kept on disk: one folder for each content of their sources, shared by all checkouts of it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from robolab.core.assets import cache_dir
from robolab.core.files import content_hash

PACKAGE = Path(__file__).resolve().parents[1]
_UNUSED_DAYS = 30.0
"""After so many days without a process that used it, a folder is removed."""


def kernel_folder() -> Path | None:
    """Return the folder for the kernels as they are now, and remove those long unused; None if it cannot be written."""
    folder = cache_dir() / "numba" / _sources()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Its time says when it was last used; reading what is in it would not.
        os.utime(folder)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    remove_unused(folder.parent, folder.name)
    return folder


def remove_unused(parent: Path, own: str, days: float = _UNUSED_DAYS) -> None:
    """Remove the folders in `parent` that no process has begun to use for some days.

    A process of another version keeps its folder's time fresh; one that runs for longer than that has its kernels in
    memory, and makes the folder anew where it compiles more.

    Args:
        own: Name of the folder that stays whatever its age.
    """
    oldest = time.time() - days * 86400.0
    for folder in parent.iterdir():
        try:
            old = folder.lstat().st_mtime < oldest
        except OSError:
            continue  # another process was quicker
        if old and folder.name != own and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _sources() -> str:
    """Name the content of all compiled code: numba notices no change in what a kept function calls in other files."""
    files = {*PACKAGE.glob("kernels/*.py"), *PACKAGE.glob("*/*compiled*.py")}
    return content_hash(*sorted(files))
