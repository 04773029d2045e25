"""The job behind `robolab touch learn grip`: from nothing to a grip with the figures it reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.learning.sitting import Clock, folder_of
from robolab.sim.pinch import Pinch
from robolab.tasks import lift_case, lift_motion
from robolab.tasks.lift_case import LEARN, TEST
from robolab.touch.grip import KIND, RECIPE, WEIGHTS, GripPolicy
from robolab.touch.grip_distil import distil, named, rules
from robolab.touch.grip_network import GripNetwork
from robolab.touch.grip_score import Judged, Score, by_predictor, judged, score
from robolab.touch.grip_teach import gather, train

CARD, METRICS = "CARD.md", "metrics.json"
SIGMAS = (0.0, 0.4, 0.8, 1.2)
"""How safe a quantile may be; of those that press with no more than `_WORTH` the one that holds most of the objects set aside
is taken, of equals the least."""
_WORTH = 1.3
"""Mean force over the least that holds."""
_ASIDE = 10_000
"""Number of the first case that is neither a lesson nor a test."""


@dataclass(frozen=True)
class GripLesson:
    """Attributes:
    lifts: Lifts to learn from.
    steps: Of gradient.
    aside: Lifts of objects to learn from, set aside to choose the safe quantile with.
    unseen: Lifts of objects that none has learned from, for the figures.
    """

    lifts: int = 1000
    steps: int = 1500
    aside: int = 150
    unseen: int = 100
    seed: int = 0


def learn_grip(
    out: Path, lesson: GripLesson, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Teach a grip and write its folder whole or not at all; a run that was broken off goes on where it was.

    Returns:
        What `metrics.json` holds.
    Raises:
        OutputError: the folder cannot be written, or holds something else.
        WeightsError: what is kept of an earlier run is damaged.
    """
    kept = folder_of(out)
    clock = Clock(kept)
    told = clock.heard(progress)
    lessons = gather(kept, lesson.lifts, lesson.seed, told)
    state = kept / f"state_{lesson.lifts}_{lesson.steps}_{lesson.seed}.safetensors"
    network = train(lessons, lesson.steps, lesson.seed, state, told)
    small, said = distil(network, lessons, lesson.steps, lesson.seed)
    tensors = network.state_dict()
    with Pinch() as pinch:
        safe = _safe(pinch, tensors, lesson, progress)
        progress(f"lift {lesson.unseen} unseen objects")
        unseen = _some(pinch, lesson.unseen, lesson.seed, TEST, 0)
        figures = _scored(pinch, GripPolicy(tensors, safe["sigmas"]), unseen, lesson.seed)
    metrics = {
        "unseen": figures._asdict(),
        "aside": safe,
        "distilled": said,
        "rules": rules(network, lessons, lesson.seed),
        "lessons": len(lessons.wanted),
        "core_minutes": clock.cpu_seconds() / 60.0,
        "hardware": hardware(),
    }
    _write(out, lesson, {"full": network, "distilled": small}, metrics)
    return metrics


def _write(
    out: Path, lesson: GripLesson, forms: Mapping[str, GripNetwork], metrics: dict[str, Any]
) -> None:
    recipe = {
        "kind": KIND,
        "sigmas": metrics["aside"]["sigmas"],
        "units": {form: len(network.enter.bias) for form, network in forms.items()},
        "lesson": asdict(lesson),
        "mass": list(lift_case.MASS),
        "friction": list(lift_case.FRICTION),
        "shake": lift_motion.SHAKE,
    }
    with new_folder(out, replaces=RECIPE) as folder:
        write_bytes(folder / WEIGHTS, weights.to_bytes(named(forms)))
        write_text(folder / RECIPE, yaml.safe_dump(recipe, sort_keys=False))
        write_json(folder / METRICS, metrics)
        write_text(folder / CARD, card(lesson, metrics))


def _some(pinch: Pinch, count: int, seed: int, items: range, first: int) -> list[Judged]:
    return [one for one in judged(pinch, seed, count, items, first) if one is not None]


def _scored(pinch: Pinch, policy: GripPolicy, cases: Sequence[Judged], seed: int) -> Score:
    lift = by_predictor(policy, seed)
    return score(cases, [lift(pinch, one) for one in cases])


def _safe(
    pinch: Pinch, tensors: dict[str, Any], lesson: GripLesson, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Return the safe quantile to take, with what all of them reach on what was set aside."""
    progress(f"set {lesson.aside} lifts aside")
    cases = _some(pinch, lesson.aside, lesson.seed, LEARN, _ASIDE)
    tried: list[dict[str, Any]] = []
    for sigmas in SIGMAS:
        progress(f"hold with {sigmas:g} standard deviations")
        reached = _scored(pinch, GripPolicy(tensors, sigmas), cases, lesson.seed)
        tried.append({"sigmas": sigmas, **reached._asdict()})
    return {**chosen(tried), "tried": tried}


def chosen(tried: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what holds most of what presses with no more than `_WORTH`; where nothing does, what presses least."""
    worth = [one for one in tried if one["ratio"] <= _WORTH]
    least = min(tried, key=lambda one: one["ratio"])
    return max(worth, key=lambda one: (one["held"], -one["sigmas"])) if worth else least


def card(lesson: GripLesson, metrics: dict[str, Any]) -> str:
    """Return what the grip is for, how it was made and what it reaches, in Markdown."""
    unseen, aside = metrics["unseen"], metrics["aside"]
    tree = "\n    ".join(metrics["rules"]["text"])
    return f"""# Grip that is just enough

Says how hard two fingers have to press so that an object does not slip, from what pressure pads feel in the first tenth of
a second of contact, and adapts it while the object moves. Mass and friction are not told. See docs/grip.md.

## How to make it again

    robolab touch learn grip --out policies/grip --lifts {lesson.lifts} --steps {lesson.steps} --aside {lesson.aside} --unseen {lesson.unseen} --seed {lesson.seed}

Took {metrics["core_minutes"]:.0f} minutes of one core, these figures included; {metrics["lessons"]} of the lifts could be held at all.
A run that is broken off goes on where it was.

## What it reaches

Safe is the mean and {aside["sigmas"]:g} standard deviations: of {", ".join(f"{s:g}" for s in SIGMAS)}, and of those that press with no more than
{_WORTH:g} of the least force, the one that held most of {aside["lifts"]} lifts set aside of objects 0 to 799 ({100 * aside["held"]:.1f} % held, {aside["ratio"]:.2f} of the least force).

| {unseen["lifts"]} lifts of objects 800 to 899 | |
|---|---|
| held | {100 * unseen["held"]:.1f} % |
| mean force over the least constant one that holds | {unseen["ratio"]:.2f} |
| the same, 90 % of the lifts | {unseen["ratio_90"]:.2f} |
| fragile objects overloaded | {100 * unseen["overloaded"]:.1f} % of {unseen["fragile"]} |

A network of {metrics["distilled"]["units"]} units says the same within {100 * metrics["distilled"]["error"]:.1f} % (mean of {metrics["distilled"]["lessons"]} lifts that it never saw).
What the network adds to the logarithm of the friction cone's force as a lift begins, as a tree that explains
{100 * metrics["rules"]["fidelity"]["explained"]:.0f} % of its variance on {metrics["rules"]["fidelity"]["n"]} lifts that it was not grown on:

    {tree}

`scripts/bench/bench_grip.py` measures it beside a constant force and the friction cone with true mass and friction.
"""
