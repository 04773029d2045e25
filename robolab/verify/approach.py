"""Whether the tool comes and goes as the job's steps say: straight, along a direction, not too fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from robolab.scene.spec import ApproachSpec, Pick, Place, SceneSpec
from robolab.verify.checks import CHECKS, Case
from robolab.verify.motion import between
from robolab.verify.process import STRAIGHTNESS, at_most
from robolab.verify.report import Finding, failed
from robolab.verify.story import Situation


@dataclass(frozen=True)
class _Way:
    """The straight way to or from one grasp or release."""

    name: str
    spec: ApproachSpec
    index: int
    leaving: bool


@CHECKS.register("approach")
def approach(case: Case) -> Iterator[Finding]:
    """Legs beside a grasp or release keep to its step's direction, distance and speed."""
    if not case.settings.job:
        return
    for way in _ways(case.scene, [event.index for event in case.story.events]):
        if not 0 <= way.index < len(case.situations):
            word = "leaves" if way.leaving else "comes to"
            yield failed("approach", f"no leg {word} {way.name!r}")
            continue
        yield from _along(case.situations[way.index], way)


def _ways(scene: SceneSpec, indices: list[int]) -> Iterator[_Way]:
    """Ways in and out of each event; none where events and steps do not match (see `job`)."""
    held, steps = "", [step for step in scene.job if isinstance(step, Pick | Place)]
    if len(steps) != len(indices):
        return
    for step, index in zip(steps, indices, strict=True):
        held = step.object if isinstance(step, Pick) else held
        yield _Way(held, step.approach, index, leaving=False)
        yield _Way(held, step.retreat, index + 1, leaving=True)


def _along(situation: Situation, way: _Way) -> Iterator[Finding]:
    direction = np.asarray(way.spec.direction, dtype=float)
    outward = direction / np.linalg.norm(direction) * (1.0 if way.leaving else -1.0)
    points = situation.tool.pose[:, :3, 3]
    away = points - points[0 if way.leaving else -1]
    along = away @ outward
    if along.max() < way.spec.distance - STRAIGHTNESS:
        text = f"the straight way at {way.name!r} is {along.max():.3f} m long"
        detail = f"{text}, {way.spec.distance:.3f} m asked for"
        yield failed("approach", detail, leg=situation.leg.name, index=situation.index)
        return
    # What lies further out than the asked distance may go where it likes.
    near = np.linalg.norm(away, axis=1) <= way.spec.distance - STRAIGHTNESS
    first = situation.samples.first
    off = np.linalg.norm(away - along[:, None] * outward, axis=1)
    off = off + np.linalg.norm(between(points, first), axis=1)
    yield at_most("approach", situation, np.where(near, off, 0.0), STRAIGHTNESS, "m")
    if way.spec.speed is not None:
        velocity = situation.tool.velocity
        speed = np.linalg.norm(velocity, axis=1)
        speed = speed + np.linalg.norm(between(velocity, first), axis=1)
        within = np.where(near, speed, 0.0)
        yield at_most("approach_speed", situation, within, way.spec.speed, "m/s")
