"""Where a benchmark's figures come from, and how they are handed out: the same in every report."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from robolab.core.files import json_text, write_json
from robolab.learning.card import hardware

ROOT = Path(__file__).resolve().parents[2]


def provenance(*packages: str, seed: int | None = None) -> dict[str, Any]:
    """Return commit, versions of what the figures depend on, the machine and how busy it is, and the seed if there is one.

    A commit of a tree with changes that are not in it ends with `-dirty`.
    """
    return {
        "commit": _commit(),
        "versions": {name: version(name) for name in ("numpy", *packages)},
        "hardware": hardware() | {"processor": _processor(), "load": os.getloadavg()[0]},
        **({} if seed is None else {"seed": seed}),
    }


def show(report: Mapping[str, Any], out: Path | None) -> None:
    """Print a report as JSON, and write it whole where a file is named."""
    print(json_text(report), end="")
    if out is not None:
        write_json(out, report)


def _commit() -> str:
    # No tag is matched: tags would stand in the place of the hash.
    git = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    found = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _processor() -> str:
    """Name of the processor; Python knows it on few systems, Linux says it in a file."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
