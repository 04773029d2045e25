"""Programs with every kind of step, of weights that were drawn."""

from __future__ import annotations

import numpy as np

from robolab.core.rng import stream
from robolab.learning.program import Function, Onto, Program
from robolab.learning.program_builder import Builder

WIDTH = 5


def program_of_all(seed: int = 0) -> Program:
    """Two fingers of six taxels, a hidden row that is kept, and three outputs, one through each bounded function."""
    rng = stream(seed, "program")

    def draw(*shape: int) -> np.ndarray:
        return (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32).astype(float)

    make = Builder([f"taxel_{k}" for k in range(12)], states=WIDTH)
    x = make.scaled(make.input, draw(12), 1.0 + draw(12), limit=1.5).reshaped(12, 1)
    h = make.dense(x, draw(WIDTH, 1), draw(12, WIDTH), Function.RELU)
    heard = make.mixed(h, draw(6, 6), groups=2)
    told = make.dense(h, draw(WIDTH, WIDTH), draw(WIDTH))
    make.dense(heard, draw(WIDTH, WIDTH), np.zeros(WIDTH), Function.TANH, (told, Onto.BEFORE))
    make.added(told, h)
    h = make.dense(h.windows(2), draw(WIDTH, 2 * WIDTH), draw(WIDTH), Function.RELU)
    h = make.mixed(h, draw(12, 11))
    found = make.looked(h, make.dense(h, draw(2, WIDTH), draw(2)), groups=2)
    row = found.reshaped(1, found.size)
    kept = make.gru(row, [draw(3 * WIDTH, row.size), draw(3 * WIDTH, WIDTH), draw(3 * WIDTH), draw(3 * WIDTH)])  # fmt: skip
    make.dense(row, draw(WIDTH, row.size), draw(WIDTH), Function.SIGMOID, (kept, Onto.AFTER))
    ends = [
        make.dense(kept, draw(1, WIDTH), draw(1), function)
        for function in (Function.SOFTPLUS, Function.SIGMOID, Function.TANH)
    ]
    names = ("force", "slip", "share")
    return make.program("touch_trial", "A trial of every step", names, make.joined(*ends))
