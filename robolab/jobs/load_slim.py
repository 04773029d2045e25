"""The job behind `robolab load slim`: smaller forms of trained load networks, with the accuracy each loses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.files import write_bytes, write_json, write_text
from robolab.estimation.batch import filter_said, fusion_said, network_said, squares_said
from robolab.estimation.contract import Estimate
from robolab.estimation.fusion import FusionNetwork, Said
from robolab.estimation.learned import SPAN_STEP, Learned, load_learned
from robolab.estimation.lifts import WAIT, Recordings, smooth_all
from robolab.estimation.model import LoadModel
from robolab.estimation.network import LoadNetwork, facts_of
from robolab.estimation.payload import KNOWN, arm_of
from robolab.estimation.payload_step import see
from robolab.estimation.slim import Slimming, count_of, fresh, pruned, taught
from robolab.estimation.smooth import samples_in
from robolab.estimation.teach import (
    HORIZONS,
    PERIOD,
    errors_of,
    taught_fusion,
    taught_lifts,
    unseen_lifts,
    weighed,
)
from robolab.estimation.variants import VARIANTS, load_variant
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.robots.model import RobotModel

METRICS, CARD, HEADING = "variants.json", "CARD.md", "## Variants"
Progress = Callable[[str], None]


def slim(
    robot: RobotModel,
    model: LoadModel,
    folder: Path,
    how: Slimming,
    unseen: int = 1000,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Make every variant of the networks in a folder, write them beside, and what each loses.

    Args:
        unseen: Lifts for the figures.
    Returns:
        What `variants.json` holds.
    Raises:
        WeightsError: the folder does not hold this robot's networks.
        OutputError: something cannot be written.
    """
    began = time.monotonic()
    learned = load_learned(folder, robot.name)
    for name, one in narrowed(robot, model, learned, how, progress).items():
        write_bytes(folder / f"{name}.safetensors", weights.to_bytes(one.tensors()))
    metrics = {
        "lifts": unseen,
        "slimming": asdict(how),
        "variants": variants_tried(robot, model, folder, unseen, how.seed, progress),
        "minutes": (time.monotonic() - began) / 60.0,
        "hardware": hardware(),
    }
    write_json(folder / METRICS, metrics)
    card = (folder / CARD).read_text(encoding="utf-8").partition(HEADING)[0]
    write_text(folder / CARD, card + section(robot.name, metrics))
    return metrics


def narrowed(
    robot: RobotModel, model: LoadModel, learned: Learned, how: Slimming, progress: Progress
) -> dict[str, Learned]:
    """Return the networks that have fewer units than the full ones, each with a fusion of its own."""
    lifts = taught_lifts(robot, model, how.recordings, "network", how.seed, progress)
    facts, full = facts_of(arm_of(model, robot), lifts.seen), learned.network
    teach = partial(taught, teacher=full, facts=facts, truth=lifts.truth, seed=how.seed)
    networks = {
        "pruned": teach(
            pruned(full, how.pruned),
            steps=how.prune_steps,
            tell=_telling("prune", how.prune_steps, progress),
        ),
        "distilled": teach(
            fresh(full, how.distilled, how.seed),
            steps=how.distil_steps,
            tell=_telling("distil", how.distil_steps, progress),
        ),
    }
    fusions = _fusions(robot, model, networks, how, progress)
    return {name: Learned(one, fusions[name]) for name, one in networks.items()}


def _telling(what: str, steps: int, progress: Progress) -> Callable[[int, float], None]:
    def tell(step: int, loss: float) -> None:
        if step % 20 == 0:
            progress(f"{what}, step {step} of {steps}, loss {loss:.2f}")

    return tell


def _fusions(
    robot: RobotModel,
    model: LoadModel,
    networks: Mapping[str, LoadNetwork],
    how: Slimming,
    progress: Progress,
) -> dict[str, FusionNetwork]:
    lifts = taught_lifts(robot, model, how.fusion_recordings, "fusion", how.seed, progress)
    progress("weigh the lifts for the fusions")
    by_squares = weighed(robot, model, lifts.seen)
    return {
        name: taught_fusion(robot, model, network, lifts, by_squares, how.fusion_steps, how.seed)
        for name, network in networks.items()
    }


def variants_tried(
    robot: RobotModel,
    model: LoadModel,
    folder: Path,
    count: int,
    seed: int,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Run every variant on line over lifts whose friction and noise no training drew.

    Returns:
        By variant how many weights it has, and by estimator and horizon its errors.
    """
    recorded, found = unseen_lifts(robot, model, count, seed), dict[str, Any]()
    seen = see(arm_of(model, robot), smooth_all(recorded, SPAN_STEP))
    progress(f"filter {count} lifts")
    by_filter, changed = filter_said(robot, model, seen, PERIOD)
    by_squares = squares_said(robot, model, seen, PERIOD, changed)
    for name in VARIANTS.names():
        progress(f"try {name} on {count} lifts")
        learned = load_variant(folder, robot.name, name)
        alone, _, _ = network_said(learned.network, robot, model, seen, np.zeros_like(changed))
        told = network_said(learned.network, robot, model, seen, changed)
        both = fusion_said(learned, model, by_squares, told, by_filter, changed)
        found[name] = {
            "weights": count_of(learned.network),
            "width": learned.network.memory.hidden_size,
            "network": _errors(alone, recorded),
            "fusion": _errors(both, recorded),
        }
    return found


def _errors(said: Said, recorded: Recordings) -> dict[str, dict[str, float]]:
    """By horizon; a span counts once its last sample is there."""
    every, errors = round(SPAN_STEP / PERIOD), dict[str, dict[str, float]]()
    for horizon in HORIZONS:
        end = WAIT + horizon
        last = int(np.searchsorted(recorded.time, end - 0.5 * PERIOD))
        k = (last - samples_in(PERIOD) + 1) // every
        rows = zip(*(values[:, k] for values in said), strict=True)
        estimates = [
            Estimate(end, float(mass), float(std), com, com_std, known=float(std) <= KNOWN)
            for mass, std, com, com_std in rows
        ]
        errors[f"{horizon} s"] = errors_of(estimates, recorded)
    return errors


def section(robot: str, metrics: Mapping[str, Any]) -> str:
    """Return what the variants are and what they lose, in Markdown."""
    full, rows = metrics["variants"]["full"], list[str]()
    for name, one in metrics["variants"].items():
        for kind in ("network", "fusion"):
            errors = [one[kind][after]["mass_mean_kg"] for after in one[kind]]
            lost = [
                e - full[kind][after]["mass_mean_kg"]
                for e, after in zip(errors, one[kind], strict=True)
            ]
            last = list(one[kind].values())[-1]
            cells = [name, str(one["width"]), str(one["weights"]), kind]
            cells += [f"{e:.3f} ({gap:+.3f})" for e, gap in zip(errors, lost, strict=True)]
            cells += [f"{last['com_mean_m']:.4f}", f"{last['intervals_held']:.0%}"]
            rows.append("| " + " | ".join(cells) + " |")
    head = "| variant | units | weights | estimator | " + " | ".join(
        [
            *(f"mass after {after} [kg]" for after in full["network"]),
            "centre of mass [m]",
            "90 % held",
        ]
    )
    rule = "|---" * (head.count("|")) + "|"
    how = metrics["slimming"]
    return f"""{HEADING}

    robolab load slim --robot {robot} --folder policies/load_{robot} --seed {how["seed"]}

makes them again, in {metrics["minutes"]:.1f} minutes, these figures included. In int8, a weight is one of 255 steps of its row's
scale; biases and everything that is computed stay as they are. Pruned is the network without the {full["width"] - how["pruned"]} units whose
weights are smallest, trained on for {how["prune_steps"]} steps; distilled is a new one that the full one has taught for {how["distil_steps"]}.

Mean errors on {metrics["lifts"]} lifts that none has seen, and by how much they differ from the full one's; the last two columns
are after a second.

{head} |
{rule}
{chr(10).join(rows)}
"""
