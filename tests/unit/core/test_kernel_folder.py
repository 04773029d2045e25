"""Kernels are kept by what they say; folders that nobody uses go away, those of others do not."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from robolab.core.kernel_folder import PACKAGE, kernel_folder, remove_unused

KEEP = """
from robolab.kernels import compiled_bounds
from robolab.core.compiled import ByContent
from numba.core.dispatcher import Dispatcher
kernels = [f for f in vars(compiled_bounds).values() if isinstance(f, Dispatcher)]
print(*(f._cache.cache_path for f in kernels))
"""


def _folder(parent: Path, name: str, days: float) -> Path:
    folder = parent / name
    (folder / "kernels").mkdir(parents=True)
    (folder / "kernels" / "f.nbi").touch()
    then = time.time() - days * 86400.0
    os.utime(folder, (then, then))
    return folder


def test_only_what_was_long_unused_is_removed(tmp_path: Path) -> None:
    own, used = _folder(tmp_path, "own", 90.0), _folder(tmp_path, "used", 29.0)
    unused = _folder(tmp_path, "unused", 31.0)
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", (0.0, 0.0))
    (tmp_path / "link").symlink_to(used)
    remove_unused(tmp_path, own.name)
    assert not unused.exists()
    assert (own / "kernels" / "f.nbi").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"own", "used", "file", "link"}


def test_using_a_folder_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOLAB_CACHE", str(tmp_path))
    folder = kernel_folder()
    assert folder is not None
    old = _folder(folder.parent, "old", 40.0)
    os.utime(folder, (0.0, 0.0))
    assert kernel_folder() == folder
    assert time.time() - folder.stat().st_mtime < 60.0
    assert not old.exists()


def test_a_folder_that_cannot_be_made_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ROBOLAB_CACHE", str(tmp_path / "file"))
    assert kernel_folder() is None


def test_kernels_are_kept_by_content_and_not_by_path(tmp_path: Path) -> None:
    """Two checkouts of the same sources keep their kernels in the same places."""
    copy = tmp_path / "elsewhere" / "robolab"
    copy.parent.mkdir()
    copy.symlink_to(PACKAGE)
    told = [_kept_at(root, tmp_path) for root in (PACKAGE.parent, copy.parent)]
    assert told[0] == told[1] != []
    assert all(Path(path).is_relative_to(tmp_path / "numba") for path in told[0])


def _kept_at(root: Path, cache: Path) -> list[str]:
    named = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    environment = named | {"PYTHONPATH": str(root), "ROBOLAB_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", KEEP], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()
