"""The job behind `robolab touch stability`: from recorded grasps to what becomes of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.files import write_json
from robolab.core.transforms import Array
from robolab.touch.grasps import Grasps, read_grasps
from robolab.touch.scores import accuracy, area_under_curve, calibration
from robolab.touch.stability import Lesson, Stability, learn

HELD_AGAINST = (
    "the other grasps of the same object and session in the test file, labels not looked at"
)


def stability_files(
    train: Sequence[Path],
    test: Path,
    out: Path,
    lesson: Lesson,
    advance: Callable[[float, float], None] = lambda _done, _all: None,
) -> dict[str, Any]:
    """Learn from files of grasps, judge those of another, and write what came of it.

    Args:
        out: JSON file; `accuracy` and `auc` are null where the test file has no labels.
    Raises:
        TouchError: a file cannot be used, or there is nothing to be learned from.
        OutputError: the result cannot be written.
    """
    given, asked = read_grasps(train), read_grasps([test])
    learned = learn(given, lesson, advance)
    result = judged(learned, asked) | {
        "told": _told(given, asked),
        "train": [path.name for path in train],
        "test": test.name,
        "networks": lesson.networks,
        "seed": lesson.seed,
    }
    write_json(out, result)
    return result


def judged(learned: Stability, grasps: Grasps) -> dict[str, Any]:
    """Return scores where there are labels, and what is said of every grasp: together with its like, and by itself."""
    together, alone = (_probability(x) for x in (learned.odds(grasps), learned.odds_alone(grasps)))
    truth = grasps.slipped
    scores: dict[str, Any] = {"accuracy": None, "auc": None, "n": len(grasps)}
    if truth is not None:
        scores |= _scores(together, truth) | {
            "n": len(grasps),
            "alone": _scores(alone, truth),
            "calibration": calibration(together, truth),
        }
    return scores | {
        "held_against": HELD_AGAINST,
        "predictions": [
            {"line": k + 2, "object": str(name), "slips": round(p, 6), "slips_alone": round(q, 6)}
            for k, (name, p, q) in enumerate(
                zip(grasps.objects, together.tolist(), alone.tolist(), strict=True)
            )
        ],
    }


def _scores(probability: Array, truth: np.ndarray) -> dict[str, Any]:
    return {"accuracy": accuracy(probability, truth), "auc": area_under_curve(probability, truth)}


def _probability(odds: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-odds))


def _told(given: Grasps, asked: Grasps) -> list[str]:
    """What a reader of the result has to know."""
    known = {row.tobytes() for row in np.nan_to_num(given.readings)}
    again = sum(row.tobytes() in known for row in np.nan_to_num(asked.readings))
    told = [*given.omitted, *asked.omitted]
    if again:
        told.append(f"{again} of the grasps to judge stand among those to learn from")
    same = sorted(set(given.objects.tolist()) & set(asked.objects.tolist()))
    if same:
        told.append(f"not new to the networks: {', '.join(same)}")
    return told
