"""Files written whole or not at all, and paths that stay where they belong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import BadInput, OutputError


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file aside and rename it into place.

    Raises:
        OutputError: the folder cannot be written or the disk is full; the old file stands.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"cannot be written: {error.strerror}", file=path, expected="a writable folder"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all, see `json_text`."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """Return a value as JSON over several lines; numpy scalars and arrays become numbers and lists, paths text.

    Raises:
        ValueError: a number in it is infinite or not a number.
    """
    return json.dumps(value, indent=2, allow_nan=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, np.ndarray):
        plain: list[Any] = value.tolist()
        return plain
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not go into JSON")


@contextmanager
def new_folder(path: Path, replaces: str | None = None) -> Iterator[Path]:
    """Yield a folder beside `path` that takes its place on success and vanishes on failure.

    A folder that already stands at `path` is replaced only when the new one is whole.

    Args:
        replaces: Name of a file by which an earlier result is known; a folder that holds other things
            and not this file is left alone.
    Raises:
        OutputError: the parent cannot be written, `path` is a file, or a folder with other things in it.
    """
    if path.exists() and not path.is_dir():
        raise OutputError("is a file", file=path, expected="a folder to write into")
    if replaces and path.is_dir() and any(path.iterdir()) and not (path / replaces).is_file():
        raise OutputError(
            "holds something else",
            file=path,
            expected="a new or empty folder, or an earlier result to replace",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror}", file=path, expected="a writable folder"
        ) from error
    try:
        yield staged
        staged.chmod(0o755)
        _swap(staged, path)
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror}", file=path, expected="a writable folder"
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _swap(staged: Path, path: Path) -> None:
    if not path.exists():
        staged.rename(path)
        return
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.old."))
    path.rename(old / path.name)
    staged.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def inside(
    root: Path, relative: str, *, file: Path | None = None, field: str | None = None
) -> Path:
    """Resolve a path that an input file names, refusing one that leaves its root.

    Raises:
        BadInput: the path is absolute or climbs out of `root`.
    """
    candidate = (root / relative).resolve()
    if Path(relative).is_absolute() or not candidate.is_relative_to(root.resolve()):
        raise BadInput(
            "path leaves its folder",
            file=file,
            field=field,
            value=relative,
            expected=f"a path inside {root}",
        )
    return candidate


def content_hash(*parts: bytes | str | Path) -> str:
    """Return 16 hex digits that name the content of texts, bytes and files together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part
        data = data.encode() if isinstance(data, str) else data
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()[:16]
