"""Time a call of exported touch networks in C, beside Python and ONNX, and say how much memory they take.

    python scripts/bench/bench_touch_c.py --policy POLICY --variant full --variant distilled-int8 --out touch_c.json

Without `--policy`, a network with drawn weights in the shape of a predictor for a control loop: 40 numbers, a gated unit
of 48, a dense layer of 32, three answers. Each call is timed twice: by the wall, and by the time that the
processor gave to it, which other work on the machine does not lengthen so much. `--realtime` as in `bench_load_c.py`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from provenance import provenance
from timed_code import (
    built,
    compiler,
    driven,
    percentiles,
    recorded,
    sections,
    state_bytes,
    times_of,
    times_of_graph,
)

from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.export.layers import LayersStep, layers_step
from robolab.export.load import STEP_WRITERS
from robolab.jobs.touch_export import program_of  # there, every kind of policy is entered
from robolab.learning.program import Function, Program
from robolab.learning.program_builder import Builder

DRIVER = """
#define _POSIX_C_SOURCE 200809L
#define main recorded_main
#include "$name_test.c"
#undef main
#include <time.h>

static unsigned int passed(struct timespec a, struct timespec b)
{
    return (unsigned int)((b.tv_sec - a.tv_sec) * 1000000000L + (b.tv_nsec - a.tv_nsec));
}

int main(int count, char **words)
{
    static $Name it;
    long k, wanted;
    if (count != 2 || sscanf(words[1], "%ld", &wanted) != 1)
        return 2;
    $name_begin(&it);
    for (k = 0; k < wanted; k++) {
        struct timespec wall[2], own[2];
        unsigned int took[2];
        $name_real in[$NAME_INPUTS], out[$NAME_OUTPUTS];
        int j;
        for (j = 0; j < $NAME_INPUTS; j++)
            in[j] = ($name_real)GIVEN[k % CALLS][j];
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own[0]);
        clock_gettime(CLOCK_MONOTONIC, &wall[0]);
        $name_step(&it, in, out);
        clock_gettime(CLOCK_MONOTONIC, &wall[1]);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own[1]);
        took[0] = passed(wall[0], wall[1]);
        took[1] = passed(own[0], own[1]);
        fwrite(took, sizeof took, 1, stdout);
    }
    return 0;
}
"""


def drawn() -> Program:
    """The shape of a recurrent predictor."""
    rng = stream(0, "bench", "touch_c")

    def draw(*shape: int) -> np.ndarray:
        return (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32).astype(float)

    make = Builder([f"in_{k}" for k in range(40)], states=48)
    x = make.scaled(make.input, draw(40), 1.0 + draw(40), limit=5.0)
    kept = make.gru(x, [draw(144, 40), draw(144, 48), draw(144), draw(144)])
    hidden = make.dense(kept, draw(32, 48), draw(32), Function.TANH)
    out = make.dense(hidden, draw(3, 32), draw(3), Function.SOFTPLUS)
    return make.program("touch_drawn", "A predictor with drawn weights", ["a", "b", "c"], out)


def timed_c(step: LayersStep, folder: Path, calls: int, realtime: bool, *options: str) -> Any:
    """Time one build: what it says of its recorded calls, and all calls."""
    built(folder, step.name, *options)
    wall, own = driven(folder, calls, 2, realtime)
    return {
        "options": " ".join(options),
        "recorded": recorded(folder),
        "wall": percentiles(wall / 1e3),
        "processor": percentiles(own / 1e3),
    }


def timed_python(step: LayersStep, calls: int) -> Any:
    state = step.program.begin()

    def call(k: int) -> None:
        nonlocal state
        _, state = step.program.run(step.calls[k % len(step.calls)], state)

    return percentiles(times_of(call, calls))


def timed_onnx(step: LayersStep, folder: Path, calls: int) -> Any:
    us = times_of_graph(step, folder, {"inputs": step.calls[0]}, calls)
    return None if us is None else percentiles(us)


def sizes(step: LayersStep, folder: Path) -> dict[str, int]:
    """Bytes of code and constants, and of the state."""
    found = sections(folder, step.name)
    constants = sum(n for name, n in found.items() if name.startswith(("text", "rodata")))
    return {"code_and_constants": constants, "state": state_bytes(folder)}


def timed(program: Program, calls: int, realtime: bool) -> dict[str, Any]:
    step = layers_step(program)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        STEP_WRITERS.get("c").write(step, folder)
        words = step.texts(".c")
        driver = DRIVER
        for word in ("NAME", "Name", "name"):
            driver = driver.replace(f"${word}", words[word])
        (folder / "driver.c").write_text(driver, encoding="utf-8")
        real = f"-D{step.prefix}_REAL=float"
        return {
            "multiplications": program.multiplications(),
            "c": timed_c(step, folder, calls, realtime, "-O2"),
            "bytes": sizes(step, folder),
            "c_fast": timed_c(step, folder, calls, realtime, "-O3", "-march=native", real),
            "python": timed_python(step, max(calls // 500, 10)),
            "onnx": timed_onnx(step, folder, max(calls // 100, 10)),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a call of exported touch networks.")
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--variant", action="append")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--realtime", action="store_true", help="needs the right to")
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    report = dict[str, Any]()
    for variant in asked.variant or ["full", "int8"]:
        if asked.policy:
            program = program_of(asked.policy, variant)
        else:
            program = drawn().quantised() if variant.endswith("int8") else drawn()
        report[variant] = row = timed(program, asked.calls, asked.realtime)
        for name in ("c", "c_fast"):
            for clock in ("wall", "processor"):
                times = [row[name][clock][key] for key in ("median_us", "p999_us", "max_us")]
                print(f"{variant:15} {name:7} {clock:10}", *(f"{t:9.1f}" for t in times), "us")
            print(f"{variant:15} {name:7} {row[name]['recorded']}")
        print(f"{variant:15} python {row['python']}, onnx {row['onnx']}, {row['bytes']}")
    if asked.out:
        write_json(asked.out, {**provenance(), "compiler": compiler(), "networks": report})


if __name__ == "__main__":
    main()
