"""The job behind `robolab load learn`: from an identified model to networks with the figures they reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from robolab.core.files import content_hash, new_folder, write_bytes, write_json, write_text
from robolab.estimation.learned import RECIPE, WEIGHTS
from robolab.estimation.lifts import Ranges
from robolab.estimation.model import LoadModel, save_model
from robolab.estimation.teach import Lesson, teach, tried
from robolab.estimation.trained import MODEL
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.learning.sitting import Sitting, folder_of
from robolab.robots.model import RobotModel

CARD, METRICS = "CARD.md", "metrics.json"
_COLUMNS = (
    ("mass_mean_kg", "mass, mean error [kg]", "{:.3f}"),
    ("mass_median_kg", "median", "{:.3f}"),
    ("mass_95_kg", "95 %", "{:.2f}"),
    ("com_mean_m", "centre of mass, mean error [m]", "{:.4f}"),
    ("com_median_m", "median", "{:.4f}"),
    ("intervals_held", "90 % intervals held", "{:.0%}"),
)


def learn(
    robot: RobotModel,
    model: LoadModel,
    out: Path,
    lesson: Lesson,
    unseen: int = 1000,
    progress: Callable[[str], None] = lambda _: None,
    resume: bool = False,
) -> dict[str, Any]:
    """Teach the networks of an arm, try all estimators, and write the folder whole or not at all.

    Both trainings are kept beside `out` twice a minute; a killed run goes on from there. Lifts are drawn and weighed again.

    Args:
        unseen: Lifts for the figures.
        resume: Go on from what an interrupted run of the same lesson left.
    Returns:
        What `metrics.json` holds.
    Raises:
        OutputError: the folder cannot be written, or holds something else.
        WeightsError: what is kept is of another lesson, or damaged.
    """
    identity = {"lesson": asdict(lesson), "model": content_hash(model.model_dump_json())}
    sitting = Sitting(folder_of(out), identity, resume)
    with new_folder(out, replaces=RECIPE) as folder:
        learned = teach(robot, model, lesson, progress, sitting)
        progress(f"try every estimator on {unseen} lifts")
        figures = tried(robot, model, learned, unseen, lesson.seed)
        metrics = {
            "lifts": unseen,
            "estimators": figures,
            "minutes": sitting.clock.seconds() / 60.0,
            "hardware": hardware(),
        }
        recipe = {
            "robot": robot.name,
            "joints": robot.dof,
            "features": learned.network.features,
            "lesson": asdict(lesson),
            "ranges": {key: _plain(value) for key, value in asdict(Ranges()).items()},
        }
        write_bytes(folder / WEIGHTS, weights.to_bytes(learned.tensors()))
        write_text(folder / RECIPE, yaml.safe_dump(recipe, sort_keys=False))
        save_model(folder / MODEL, model)
        write_json(folder / METRICS, metrics)
        write_text(folder / CARD, card(robot.name, lesson, metrics))
    sitting.end()
    return metrics


def _plain(value: float | tuple[float, float]) -> float | list[float]:
    """Tuples as lists, which YAML can say plainly."""
    return list(value) if isinstance(value, tuple) else value


def card(robot: str, lesson: Lesson, metrics: Mapping[str, Any]) -> str:
    """Return what the networks are for, how they were made and what they reach, in Markdown."""
    head = " | ".join(["estimator", "after", *(title for _, title, _ in _COLUMNS)])
    rows = [
        " | ".join([name, after, *(form.format(errors[key]) for key, _, form in _COLUMNS)])
        for name, horizons in metrics["estimators"].items()
        for after, errors in horizons.items()
    ]
    table = [f"| {head} |", "|" + "---|" * (2 + len(_COLUMNS)), *(f"| {row} |" for row in rows)]
    return f"""# Load networks for {robot}

Tell what {robot} carries from the first second of a motion. A recurrent network says at every moment how far each motor
current is to be believed and what to take off it; least squares does the rest. A small second one joins its answer
with plain least squares'. Trained on simulated lifts around `model.json`, which was identified from the arm's own logs.

## How to make them again

    robolab load learn --robot {robot} --model policies/load_{robot}/model.json --seed {lesson.seed} --out policies/load_{robot}

Took {metrics["minutes"]:.1f} minutes, these figures included.

## {metrics["lifts"]} lifts that none has seen

Loads of 0 to 10 kg with their centre of mass up to 0.15 m off in any direction. Noise is 1 to 1.8 times what the model
leaves unexplained of real logs, friction differs from what was identified by 0.3 to 2 times what it did between real
runs; both ranges are cut into eight parts, of which the middle is drawn for these figures only and the rest for training
only. Every estimator runs on line, sample by sample; times count from the beginning of the motion.

{chr(10).join(table)}
"""
