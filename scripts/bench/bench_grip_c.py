"""Time a step of the exported grip in C, beside Python, and compare what both say.

    python scripts/bench/bench_grip_c.py --updates 1000000 --out bench_grip_c.json

Most updates only gather; every fifth looks, and those are counted apart. Times are of the process' own clock and of the wall: on a
machine that does other work, the largest wall times are the scheduler's.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path
from typing import Any

from provenance import provenance, show
from timed_code import (
    built,
    compiler,
    driven,
    percentiles,
    recorded,
    state_bytes,
    times_of,
)

from robolab.export.grip import GripCode, made_up, sample_of
from robolab.export.language_c import CStep
from robolab.touch.grip import GraspForcePredictor, load_grip

DRIVER = """
#define _POSIX_C_SOURCE 200809L
#define main recorded_main
#include "grip_test.c"
#undef main
#include <time.h>

static unsigned int since(const struct timespec *a, clockid_t clock)
{
    struct timespec b;
    clock_gettime(clock, &b);
    return (unsigned int)((b.tv_sec - a->tv_sec) * 1000000000L + (b.tv_nsec - a->tv_nsec));
}

int main(int count, char **words)
{
    static Grip grip;
    static GripSample samples[COUNT];
    GripCommand said;
    long updates, wanted;
    int k;
    if (count != 2 || sscanf(words[1], "%ld", &wanted) != 1)
        return 2;
    for (k = 0; k < COUNT; k++)
        sample_of(k, &samples[k]);
    for (k = 0, updates = 0; updates < wanted; k = (k + 1) % COUNT, updates++) {
        struct timespec wall, own;
        unsigned int out[3];
        int before;
        if (k == 0)
            grip_begin(&grip, LOAD, NAN, LIMIT);
        before = grip.contact >= 0 ? grip.count : -1;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
        clock_gettime(CLOCK_MONOTONIC, &wall);
        grip_update(&grip, &samples[k], &said);
        out[0] = since(&wall, CLOCK_MONOTONIC);
        out[1] = since(&own, CLOCK_PROCESS_CPUTIME_ID);
        out[2] = before >= 0 && grip.count == 0;
        fwrite(out, sizeof out, 1, stdout);
    }
    return 0;
}
"""


def in_c(updates: int, policy: Path | None) -> dict[str, Any]:
    """Compile, compare and time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        CStep().write(GripCode(load_grip(policy)), folder)
        (folder / "driver.c").write_text(DRIVER)
        built(folder, "grip", "-O3", "-march=native")
        words, state = recorded(folder), state_bytes(folder)
        wall, own, looked = driven(folder, updates, 3)
    found = re.search(r"largest difference (\S+),", words)
    assert found is not None, words
    look = looked == 1
    return {
        "updates": updates,
        "look_wall": percentiles(wall[look] / 1e3),
        "look_own": percentiles(own[look] / 1e3),
        "other_wall": percentiles(wall[~look] / 1e3),
        "difference": float(found.group(1)),
        "state_bytes": state,
    }


def in_python(policy: Path | None) -> dict[str, float]:
    """Time the same samples in Python."""
    grip = GraspForcePredictor(load_grip(policy))
    samples = [sample_of(k, row) for k, row in enumerate(made_up())]
    return percentiles(times_of(lambda k: grip.update(samples[k]), len(samples)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=1_000_000)
    parser.add_argument("--policy", type=Path, help="Folder; without it, what is shipped.")
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    result = {
        "c": in_c(wanted.updates, wanted.policy),
        "python": in_python(wanted.policy),
        **provenance(),
        "compiler": compiler(),
    }
    show(result, wanted.out)


if __name__ == "__main__":
    main()
