"""A trained network that judges grasps, kept in a folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from robolab.core.assets import shipped
from robolab.core.errors import WeightsError
from robolab.grasp.network import GraspNetwork
from robolab.learning import weights

KIND = "grasp"
"""As a recipe names it."""
FOLDER, RECIPE, WEIGHTS = "grasp", "recipe.yaml", "weights.safetensors"


@lru_cache(maxsize=2)
def load_grasp(folder: Path | None = None) -> GraspNetwork:
    """Read a trained network; without a folder, the one that is shipped.

    Raises:
        WeightsError: a file is missing, damaged, or of another kind.
    """
    folder = shipped("policies") / FOLDER if folder is None else folder
    path = folder / RECIPE
    try:
        recipe: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        kind = recipe["kind"]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise WeightsError(
            "is not a recipe", file=path, expected="what `robolab grasp learn` has written"
        ) from error
    if kind != KIND:
        raise WeightsError("is of another kind", file=path, field="kind", value=kind, expected=KIND)
    network = GraspNetwork()
    weights.into_module(weights.read(folder / WEIGHTS), network, folder / WEIGHTS)
    return network.requires_grad_(False)
