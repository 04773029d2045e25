"""Pulls on what a fingertip holds, frame by frame with their pictures: until it slides, or until the finger stops.

A finger is driven past an object at an even speed, as when a gripper lifts what still stands on a table. The gel gives
way and the object's imprint goes along; where the gel has given way as far as friction bears, the object goes on and
the gel stays. Pulls that hold differ from pulls that slide by nothing but when the finger stops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.gel import Gel, Pressed, drag, press
from robolab.sensors.relief import Body, gap_of
from robolab.touch.tip_draw import FRICTION, NORMAL, Split, draw_object, draw_texture
from robolab.touch.tip_frames import MARK_NOISE, TIPS_EVERY, Tip
from robolab.touch.tip_slip import SlipEye

RATE = 62.5
"""Frames a second: what a fingertip of this kind does, to a whole number of milliseconds."""
FRAMES = 16
"""Of one pull."""
SPEED = (5e-3, 50e-3)
"""Of the finger past the object [m/s]; even in its logarithm."""
MOST_SHEAR = 5.0
"""Largest friction that is drawn [N]: beyond it dots would leave the image."""
_FINE = 1e-3
"""Time in which the pull is followed [s]."""
_LEAST_NORMAL = 1.0
_MOST_SLID = 3e-3
"""Then the finger stops [m]: what it holds shall not leave the image."""
_LATEST = 0.19
"""When a pull that slides has begun to [s]: then frames are left in which to notice it."""
_SHARES = np.array([0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.97, 1.0])
"""Of what friction bears, at which the gel is asked how far it gives way."""


@dataclass(frozen=True)
class Course:
    """How one pull goes on, at each frame.

    Attributes:
        give: How far the gel has given way along the pull, share of what friction bears.
        way: How far the object has gone past the fingertip's base [m].
        breath: Normal force, share of its mean.
        since: Time since the whole began to slide, below zero before, -9 where it never does [s].
        speed: Of the finger [m/s].
    """

    give: Array
    way: Array
    breath: Array
    since: Array
    speed: float


@dataclass(frozen=True)
class Pulls:
    """N pulls of T frames.

    Attributes:
        seen: What `SlipEye` says of each frame, shape (N, T, FEATURES) float32.
        since: See `Course`, shape (N, T) [s].
        roughness: R_a of what is held, 0 where it is smooth, shape (N,) [m].
        speed: Of the finger, shape (N,) [m/s].
        kind: Index into CLASSES, or -1, shape (N,).
    """

    seen: np.ndarray
    since: np.ndarray
    roughness: np.ndarray
    speed: np.ndarray
    kind: np.ndarray


def draw_pulls(
    count: int,
    split: Split,
    rng: np.random.Generator,
    rough: bool = True,
    tell: Callable[[int], None] = lambda _: None,
) -> Pulls:
    """Draw pulls, half of which slide if the finger gets as far.

    Args:
        rough: Whether surfaces are rough, R_a as the split draws it; otherwise all are perfectly smooth.
    """
    rows: list[tuple[np.ndarray, ...]] = []
    tip = Tip(rng)
    for number in range(count):
        if number % TIPS_EVERY == 0:
            tip = Tip(rng)
            tell(number)
        drawn = draw_object(rng, split, rough=False)
        texture = draw_texture(rng, split) if rough else None
        body = replace(drawn.body, texture=texture)
        seen, course = _pull(tip, body, drawn.X_gel_body, rng)
        roughness = texture.roughness if texture is not None else 0.0
        rows.append((seen, course.since, *map(np.array, (roughness, course.speed, drawn.kind))))
    return Pulls(*(np.stack(column) for column in zip(*rows, strict=True)))


def course_of(reach: float, rng: np.random.Generator) -> Course:
    """Draw how a pull goes on.

    Args:
        reach: How far the gel gives way before the whole slides [m].
    """
    time = np.arange(0.0, FRAMES / RATE, _FINE)
    speed = float(np.exp(rng.uniform(*np.log(SPEED))))
    holds = rng.uniform() < 0.5
    start = rng.uniform(0.03, 0.1)
    ahead = max(0.0, reach - speed * (_LATEST - start))
    begun = reach * rng.uniform(0.0, 0.3) if holds else max(ahead, reach * rng.uniform(0.0, 0.3))
    begun = min(begun, 0.9 * reach)
    stop = max(begun, reach * rng.uniform(0.3, 0.93)) if holds else reach + _MOST_SLID
    driven = np.minimum(begun + speed * np.maximum(time - start, 0.0), stop)
    wave = 2.0 * np.pi * rng.uniform(2.0, 12.0) * time + rng.uniform(0.0, 2.0 * np.pi)
    breath = 1.0 + rng.uniform(0.0, 0.03) * np.sin(wave)
    slid = np.zeros_like(time)
    for k in range(1, len(time)):
        slid[k] = max(slid[k - 1], driven[k] - reach * breath[k])
    frames = np.rint(np.arange(FRAMES) / RATE / _FINE).astype(int)
    slides = slid > 0.0
    since = time - time[np.argmax(slides)] if slides.any() else np.full_like(time, -9.0)
    give = np.clip((driven - slid) / (reach * breath), 0.0, 1.0)
    return Course(give[frames], driven[frames], breath[frames], since[frames], speed)


def _pull(tip: Tip, body: Body, X: Array, rng: np.random.Generator) -> tuple[np.ndarray, Course]:
    gel = tip.gel
    normal = float(np.exp(rng.uniform(np.log(_LEAST_NORMAL), np.log(NORMAL[1]))))
    friction = min(float(rng.uniform(*FRICTION)), MOST_SHEAR / normal)
    angle = rng.uniform(-np.pi, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    still = press(gel, gap_of(gel, [(body, X)]), normal)
    gives = np.array([_give(gel, still, share * along, friction, normal) for share in _SHARES])
    course = course_of(float(gives[-1]), rng)
    eye, seen = SlipEye(gel, tip.reference), list[np.ndarray]()
    for give, way, breath in zip(course.give, course.way, course.breath, strict=True):
        placed = X.copy()
        placed[:2, 3] += way * along
        share = float(np.interp(give * gives[-1], gives, _SHARES))
        x, y = share * friction * normal * breath * along
        load = Load(normal * breath, (float(x), float(y)), 0.0, friction)
        told = touch(gel, [(body, placed)], load)
        marks = told.marks + MARK_NOISE * rng.standard_normal(told.marks.shape)
        seen.append(eye.look(tip.picture(told, rng), marks))
    return np.stack(seen), course


def _give(gel: Gel, pressed: Pressed, share: Array, friction: float, normal: float) -> float:
    """How far the gel gives way under a share of what friction bears [m]."""
    x, y = share * friction * normal
    return float(np.hypot(*drag(gel, pressed, (float(x), float(y)), 0.0, friction).carried))
