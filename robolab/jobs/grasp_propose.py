"""The job behind `robolab grasp propose`: from a file with a depth image to a file with grasps."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from robolab.core.errors import BadInput
from robolab.core.transforms import Array
from robolab.grasp.planner import ByNetwork, GraspPlanner
from robolab.grasp.policy import load_grasp
from robolab.perception.heightmap import Region


class View(NamedTuple):
    """A depth image [m], shape (h, w), the camera's matrix [pixels], (3, 3), and its pose as OpenCV has it, (4, 4)."""

    depth: np.ndarray
    intrinsics: Array
    X_world_cam: Array


def read_view(file: Path) -> View:
    """Read arrays `depth`, `intrinsics` and `X_world_cam` from a NumPy archive.

    Raises:
        BadInput: it is no such archive, or lacks one of them.
    """
    try:
        with np.load(file, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in View._fields if name in kept}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(
            "is not a NumPy archive of plain arrays",
            file=file,
            expected=f"one written by numpy.savez with {', '.join(View._fields)}",
        ) from error
    for name in View._fields:
        if name not in arrays:
            raise BadInput("is missing", file=file, field=name, expected="an array of that name")
        if not np.issubdtype(arrays[name].dtype, np.number):
            raise BadInput("is not of numbers", file=file, field=name, value=arrays[name].dtype)
    return View(**arrays)


def propose(
    file: Path, region: Region, policy: Path | None = None, most: int = 20, seed: int = 0
) -> dict[str, Any]:
    """Return the best grasps of what a file shows, best first, or why there are none.

    Args:
        region: Of the table that counts.
        policy: Folder of the network; the one that is shipped without it.
        most: How many to return.
    Raises:
        BadInput: the file is none, or its arrays make no view.
        WeightsError: the network cannot be read.
    """
    view = read_view(file)
    planner = GraspPlanner(ByNetwork(load_grasp(policy)), region=region, seed=seed)
    try:
        found = planner.propose(*view)
    except BadInput as error:
        raise BadInput(
            error.problem,
            file=file,
            field=error.field,
            value=error.value,
            expected=error.expected,
        ) from error
    return {
        "grasps": [
            {
                "X_world_tcp": one.X_world_tcp.tolist(),
                "width_m": one.width,
                "probability": one.probability,
            }
            for one in found.grasps[:most]
        ],
        "reason": found.reason,
    }
