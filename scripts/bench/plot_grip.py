"""Draw the force over time of a lift of a fragile object: docs/images/grip.svg.

    python scripts/bench/plot_grip.py --out docs/images/grip.svg

The first of the test's cases whose object is fragile, weighs a few hundred grams and is held by the shipped grip, which is not told its limit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from robolab.core.files import write_text
from robolab.jobs.svg import Curve, Plot
from robolab.jobs.svg_sheet import sheet
from robolab.sim.pinch import Pinch
from robolab.tasks.lift import GripCommand, GripSample, Trial, least_force
from robolab.tasks.lift_case import TEST, LiftCase, draw_case
from robolab.touch.grip import GraspForcePredictor, load_grip

SEED = 7
_FROM, _TO = 0.1, 0.8
"""Mass of what is shown [kg]."""


def chosen(pinch: Pinch) -> tuple[int, LiftCase]:
    """Return the first case that is worth a picture, and its number."""
    number = 0
    while True:
        case = draw_case(SEED, number, TEST, pinch.dt)
        if case.limit is not None and case.limit > 2.6 and _FROM < case.body.mass < _TO:
            return number, case
        number += 1


def drawn(pinch: Pinch, number: int, case: LiftCase) -> str:
    """Lift it and draw what happened."""
    said: list[tuple[float, float, float, float]] = []

    def see(sample: GripSample, command: GripCommand) -> None:
        said.append((sample.time, command.force, command.least, sample.now))

    trial = Trial(pinch, case, np.random.default_rng(number))
    grip = GraspForcePredictor(load_grip())
    result = trial.run(grip, see)
    least = least_force(pinch, case) or 0.0
    rows, table = np.array(trial.rows), np.array(said)
    contact = grip.feel.contact or 0.0
    time, pressed = rows[:, 0] - contact, rows[:, 2:].mean(axis=1)
    lifted = rows[trial.lifted, 0] - contact
    body, limit = case.body, case.limit or 0.0
    title = (
        f"Force of a finger [N]: {1000 * body.mass:.0f} g, friction {body.friction:.2f}, "
        f"breaks at {limit:.1f} N, {least:.1f} N would just hold; {'held' if result.held else 'lost'}"
    )
    marks = [(0.0, "touch"), (0.04, "weigh"), (lifted, "lift"), (lifted + 0.35, "shake")]
    force = Plot(
        [Curve(time, pressed), Curve(table[:, 0] - contact, table[:, 2], "second")],
        limits=[limit],
        marks=marks,
        title=title,
        x_unit=" s",
        size=(640.0, 190.0),
    )
    load = Plot(
        [Curve(table[:, 0] - contact, table[:, 3])],
        marks=[(lifted, "")],
        title="What friction has to bear, for each kilogram [m/s²]",
        x_unit=" s",
        size=(640.0, 190.0),
    )
    keys = [("line", "pressed with"), ("second", "felt to suffice"), ("limit", "breaks")]
    return sheet([force, load], keys)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    with Pinch() as pinch:
        write_text(wanted.out, drawn(pinch, *chosen(pinch)))


if __name__ == "__main__":
    main()
