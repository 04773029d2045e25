"""Time a step of the exported C estimators, beside the same step in Python, and say how much memory it takes.

    python scripts/bench/bench_load_c.py --model MODEL --updates 2000000 --out load_c.json

Without `--estimator` and `--variant`, every estimator in every variant that there is.

Most updates only store a sample; every few a step is
taken, and steps are counted apart. Where onnxruntime is installed, the exported graph is timed, too. `--realtime` runs
the C code ahead of everything else on its core, as a controller would; otherwise the largest times are the scheduler's.
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
from robolab.estimation.contract import Sample
from robolab.estimation.model import load_model
from robolab.estimation.variants import VARIANTS
from robolab.export.load import STEP_WRITERS, STEPS, Step
from robolab.jobs.load import robot_of

NAME = "load_estimator"
DRIVER = """
#define _POSIX_C_SOURCE 200809L
#define main recorded_main
#include "load_estimator_test.c"
#undef main
#include <time.h>

int main(int count, char **words)
{
    static LoadEstimator estimator;
    LoadEstimate said;
    long updates = 0, k, wanted;
    if (count != 2 || sscanf(words[1], "%ld", &wanted) != 1)
        return 2;
    load_begin(&estimator);
    for (k = 0; updates < wanted; k = (k + 1) % SAMPLES, updates++) {
        const double *row = RECORDED[k];
        struct timespec before, after;
        unsigned int out[2];
        load_real q[LOAD_JOINTS], qd[LOAD_JOINTS], current[LOAD_JOINTS];
        int j;
        for (j = 0; j < LOAD_JOINTS; j++) {
            q[j] = row[1 + j];
            qd[j] = row[1 + LOAD_JOINTS + j];
            current[j] = row[1 + 2 * LOAD_JOINTS + j];
        }
        if (k == 0)
            load_begin(&estimator);
        clock_gettime(CLOCK_MONOTONIC, &before);
        load_update(&estimator, row[0], q, qd, current, &said);
        clock_gettime(CLOCK_MONOTONIC, &after);
        out[0] = (unsigned int)((after.tv_sec - before.tv_sec) * 1000000000L
                                + (after.tv_nsec - before.tv_nsec));
        out[1] = estimator.wait == LOAD_EVERY;
#ifdef LOAD_WIDTH
        /* Beyond its horizon a network only waits. */
        out[1] = out[1] && estimator.network.elapsed <= 1.0;
#endif
        fwrite(out, sizeof out, 1, stdout);
    }
    return 0;
}
"""


def timed_c(folder: Path, updates: int, realtime: bool, *options: str) -> dict[str, Any]:
    """Time one build: what it says of the recording, all updates, and those that took a step."""
    built(folder, NAME, *options)
    ns, due = driven(folder, updates, 2, realtime)
    return {
        "options": " ".join(options),
        "realtime": realtime,
        "recorded": recorded(folder),
        "updates": percentiles(ns / 1e3),
        "steps": percentiles(ns[due == 1] / 1e3),
        "steps_under_20_us": float(np.mean(ns[due == 1] < 20_000)),
    }


def memory(folder: Path) -> dict[str, int]:
    """Bytes of code and constants, of the state, and of the largest stack frame."""
    found = sections(folder, NAME, "-fstack-usage")
    frames = [
        int(line.split("\t")[1])
        for line in (folder / f"{NAME}.su").read_text(encoding="utf-8").splitlines()
    ]
    return {
        "text": sum(n for name, n in found.items() if name.startswith("text")),
        "rodata": sum(n for name, n in found.items() if name.startswith("rodata")),
        "data_and_bss": found.get("data", 0) + found.get("bss", 0),
        "state": state_bytes(folder),
        "largest_stack_frame": max(frames),
    }


def timed_python(step: Step, updates: int) -> dict[str, Any]:
    """Time the estimator itself on the same samples, again and again from nothing."""
    samples = [Sample(row[0], *np.split(row[1:], 3)) for row in step.recording.samples]
    every, us = int(step.sizes["EVERY"].value), list[float]()
    while len(us) < updates:
        estimator = step.estimator()
        us += times_of(lambda k, of=estimator: of.update(samples[k]), len(samples)).tolist()
    slowest = np.sort(us)[-max(len(us) // every, 1) :]
    return {"updates": percentiles(np.array(us)), "steps": percentiles(slowest)}


def timed_onnx(step: Step, folder: Path, steps: int) -> dict[str, Any] | None:
    """Time the exported graph."""
    span = step.recording.samples[: int(step.sizes["SPAN"].value)]
    us = times_of_graph(step, folder, {"time": span[:, 0], "samples": span[:, 1:]}, steps)
    return None if us is None else {"steps": percentiles(us)}


def timed(step: Step, updates: int, realtime: bool, extras: bool) -> dict[str, Any]:
    """Time one estimator.

    Args:
        extras: Also in single precision, in Python, and as a graph.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        STEP_WRITERS.get("c").write(step, folder)
        (folder / "driver.c").write_text(DRIVER, encoding="utf-8")
        report: dict[str, Any] = {
            "samples_of_a_span": int(step.sizes["SPAN"].value),
            "c": timed_c(folder, updates, realtime, "-O2"),
            "memory_bytes": memory(folder),
        }
        if extras:
            report |= {
                "c_single_precision": timed_c(
                    folder, updates, realtime, "-O2", "-DLOAD_REAL=float"
                ),
                "python": timed_python(step, max(updates // 100, 1)),
            }
        if extras and step.kind == "kalman":
            report["onnx"] = timed_onnx(step, folder, max(updates // 2000, 1))
    return report


def line(name: str, report: dict[str, Any]) -> str:
    """Steps in microseconds, and bytes."""
    steps, size = report["c"]["steps"], report["memory_bytes"]
    times = ", ".join(f"{steps[key]:.1f}" for key in ("median_us", "p999_us", "max_us"))
    return f"{name:24} {times} us; {size['text'] + size['rodata']} + {size['state']} bytes"


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time a step of the exported C estimators.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--robot", default="ur10e")
    parser.add_argument("--period", type=float, default=0.002, help="s")
    parser.add_argument("--updates", type=int, default=2_000_000)
    parser.add_argument("--estimator", choices=STEPS.names(), action="append")
    parser.add_argument("--variant", choices=VARIANTS.names(), action="append")
    parser.add_argument("--realtime", action="store_true", help="needs the right to")
    parser.add_argument("--bare", action="store_true", help="C in double precision only")
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args()


def main() -> None:
    asked = asked_for()
    robot = robot_of(asked.robot)
    model, estimators = load_model(asked.model, robot), dict[str, Any]()
    for kind in asked.estimator or STEPS.names():
        for variant in (asked.variant or VARIANTS.names()) if kind != "kalman" else ["full"]:
            step = STEPS.get(kind)(model, robot, asked.period, variant)
            name = f"{kind} {variant}"
            extras = variant == "full" and not asked.bare
            estimators[name] = timed(step, asked.updates, asked.realtime, extras)
            print(line(name, estimators[name]), flush=True)
    if asked.out:
        about = {"compiler": compiler(), "robot": asked.robot, "period_s": asked.period}
        write_json(asked.out, {**provenance(), **about, "estimators": estimators})


if __name__ == "__main__":
    main()
