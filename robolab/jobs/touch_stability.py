"""The job behind `robolab touch stability`: from recorded grasps to what becomes of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.files import write_json, write_text
from robolab.core.transforms import Array
from robolab.touch.attribution import heat_map
from robolab.touch.grasps import FINGERS, Grasps, read_grasps
from robolab.touch.judged import looked_at, rules_of
from robolab.touch.policy import save_stability
from robolab.touch.scores import accuracy, area_under_curve, calibration
from robolab.touch.stability import Lesson, Stability, distilled, learn

HELD_AGAINST = (
    "the other grasps of the same object and session in the test file, labels not looked at"
)


def stability_files(
    train: Sequence[Path],
    test: Path,
    out: Path,
    lesson: Lesson,
    advance: Callable[[float, float], None] = lambda _done, _all: None,
    policy: Path | None = None,
    heat: Path | None = None,
) -> dict[str, Any]:
    """Learn from files of grasps, judge those of another, and write what came of it.

    Args:
        out: JSON file; `accuracy` and `auc` are null where the test file has no labels.
        policy: Folder to keep the networks in, and a narrow one that they have taught.
        heat: SVG file for what the networks looked at.
    Raises:
        TouchError: a file cannot be used, or there is nothing to be learned from.
        OutputError: the result cannot be written.
    """
    given, asked = read_grasps(train, labelled=True), read_grasps([test])
    learned = learn(given, lesson, advance)
    result = judged(learned, given, asked) | {
        "told": _told(given, asked),
        "train": [path.name for path in train],
        "test": test.name,
        "networks": lesson.networks,
        "seed": lesson.seed,
    }
    if policy is not None:
        forms = {"full": learned, "distilled": distilled(given, learned, lesson)}
        save_stability(policy, forms, lesson, _lost(forms, asked))
    if heat is not None:
        write_text(heat, _heat(learned, asked))
    write_json(out, result)
    return result


def judged(learned: Stability, given: Grasps, grasps: Grasps) -> dict[str, Any]:
    """Return scores where there are labels, and what is said of every grasp: together with its like, and by itself."""
    together, alone = (_probability(x) for x in (learned.odds(grasps), learned.odds_alone(grasps)))
    truth = grasps.slipped
    tree, fidelity = rules_of(learned, given, grasps)
    scores: dict[str, Any] = {"accuracy": None, "auc": None, "n": len(grasps)}
    if truth is not None:
        scores |= _scores(together, truth) | {
            "n": len(grasps),
            "alone": _scores(alone, truth),
            "calibration": calibration(together, truth),
        }
    return scores | {
        "held_against": HELD_AGAINST,
        "rules": {"text": tree.rules("{:.2f}").splitlines(), "fidelity": fidelity},
        "predictions": [
            {"line": k + 2, "object": str(name), "slips": round(p, 6), "slips_alone": round(q, 6)}
            for k, (name, p, q) in enumerate(
                zip(grasps.objects, together.tolist(), alone.tolist(), strict=True)
            )
        ],
    }


def _heat(learned: Stability, grasps: Grasps) -> str:
    """Draw how far electrodes spoke for the answers that were given, on average."""
    side = np.sign(learned.odds(grasps))[:, None, None]
    spoke = (side * looked_at(learned, grasps)).mean(axis=0)
    title = f"Electrodes that the answers go by, {len(grasps)} grasps"
    return heat_map(learned.layout, FINGERS, spoke, title, "red: for the answer, blue: against it")


def _lost(forms: Mapping[str, Stability], grasps: Grasps) -> dict[str, Any]:
    """What each form reaches on grasps to judge, rounded and not; null where they have no labels."""
    rows: dict[str, Any] = {"n": len(grasps)}
    for name, one in forms.items():
        for said, form in ((name, one), (f"{name}-int8", one.rounded())):
            truth = grasps.slipped
            odds = form.odds(grasps)
            rows[said] = None if truth is None else _scores(_probability(odds), truth)
    return rows


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
