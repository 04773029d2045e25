"""Networks that judge grasps, kept in a folder, and as programs for a controller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import yaml
from torch import Tensor

from robolab.core.errors import WeightsError
from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.core.registry import Registry
from robolab.learning import weights
from robolab.learning.program import Program
from robolab.learning.program_builder import Builder
from robolab.touch.grasps import columns
from robolab.touch.sessions import Sessions
from robolab.touch.stability import Lesson, Stability, new_network
from robolab.touch.steps import averaged, taxel_steps

KIND = "touch_stability"
RECIPE, WEIGHTS, METRICS = "recipe.yaml", "weights.safetensors", "metrics.json"
FORMS = ("full", "distilled")
PROGRAMS: Registry[Callable[[Path, str], Program]] = Registry("kind of touch policy")
"""By the `kind` that a folder's recipe names: makes the program of one of its forms (full, distilled, …), not rounded."""


def program_of(folder: Path, variant: str) -> Program:
    """Return what a folder of touch networks holds, as a program.

    Args:
        variant: A form of the folder, such as full or distilled; with -int8 behind it, or int8 for full-int8: rounded.
    Raises:
        WeightsError: the folder is none, or damaged.
        UnknownName: no such kind or form.
    """
    kind = str(read_recipe(folder).get("kind"))
    form = "full" if variant == "int8" else variant.removesuffix("-int8")
    program = PROGRAMS.get(kind)(folder, form)
    return program if form == variant else program.quantised()


def read_recipe(folder: Path) -> Mapping[str, Any]:
    """Read how a folder's networks were made.

    Raises:
        WeightsError: there is none, or it is no mapping.
    """
    path = folder / RECIPE
    try:
        recipe: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WeightsError("cannot be read", file=path, expected="a recipe of networks") from error
    if not isinstance(recipe, dict):
        raise WeightsError("is no mapping", file=path, expected="a recipe of networks")
    return cast("dict[str, Any]", recipe)


def save_stability(
    folder: Path, forms: Mapping[str, Stability], lesson: Lesson, metrics: Mapping[str, Any]
) -> None:
    """Keep networks that judge grasps: whole, or not at all.

    Args:
        forms: By name, `full` among them.
    Raises:
        OutputError: the folder cannot be written or holds something else.
    """
    recipe = {
        "kind": KIND,
        "forms": {
            name: {"networks": len(one.networks), **one.networks[0].recipe()}
            for name, one in forms.items()
        },
        "lesson": vars(lesson),
    }
    with new_folder(folder, replaces=RECIPE) as staged:
        write_text(staged / RECIPE, yaml.safe_dump(recipe, sort_keys=False))
        write_bytes(staged / WEIGHTS, weights.to_bytes(_tensors(forms)))
        write_json(staged / METRICS, metrics)


def load_stability(folder: Path, form: str = "full") -> Stability:
    """Read networks that judge grasps.

    Raises:
        WeightsError: a file is missing or damaged, or of another kind, or there is no such form.
    """
    recipe, path = read_recipe(folder), folder / WEIGHTS
    forms = recipe.get("forms")
    if recipe.get("kind") != KIND or not isinstance(forms, dict) or form not in forms:
        raise WeightsError(
            f"holds no networks {form!r} of {KIND}", file=folder / RECIPE, value=recipe.get("kind")
        )
    sizes = dict(cast("dict[str, dict[str, int]]", forms)[form])
    tensors, networks = weights.read(path), list[Any]()
    for k in range(sizes.pop("networks")):
        network = new_network(**sizes)
        start = f"{form}.{k}."
        own = {key.removeprefix(start): v for key, v in tensors.items() if key.startswith(start)}
        weights.into_module(own, network, path)
        networks.append(network.requires_grad_(False))
    return Stability(tuple(networks), _sessions(tensors, path))


@PROGRAMS.register(KIND)
def stability_program(folder: Path, form: str) -> Program:
    """Return the program of networks that judge grasps: from readings held against others to the log odds of a slip."""
    learned = load_stability(folder, form)
    names = columns()
    inputs = [f"{name}_against_{what}" for what in ("object", "session") for name in names]
    make = Builder([*inputs, "belief"])
    size = len(names)
    channels = [make.input.part(0, size), make.input.part(size, size)]
    belief = make.input.part(2 * size, 1)
    odds = [taxel_steps(make, network, channels, belief) for network in learned.networks]
    return make.program(KIND, "Whether a grasp will slip", ["log_odds"], averaged(make, odds))


def _tensors(forms: Mapping[str, Stability]) -> dict[str, Tensor]:
    sessions = forms["full"].sessions
    alive = np.isfinite(sessions.mean)
    kept = {
        "sessions.mean": np.where(alive, sessions.mean, 0.0),
        "sessions.std": np.where(alive, sessions.std, 0.0),
        "sessions.alive": alive.astype(float),
    }
    tensors = {name: torch.from_numpy(value.astype(np.float32)) for name, value in kept.items()}
    for name, one in forms.items():
        for k, network in enumerate(one.networks):
            tensors |= {f"{name}.{k}.{key}": v for key, v in network.state_dict().items()}
    return tensors


def _sessions(tensors: Mapping[str, Tensor], path: Path) -> Sessions:
    try:
        mean, std, alive = (
            tensors[f"sessions.{key}"].numpy().astype(float) for key in ("mean", "std", "alive")
        )
    except KeyError as error:
        raise WeightsError("is missing", file=path, field=str(error)) from error
    return Sessions(*(np.where(alive > 0.5, value, np.nan) for value in (mean, std)))
