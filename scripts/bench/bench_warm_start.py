"""Measure how many steps a policy needs from nothing, and warm-started from another cell's.

    robolab train scripts/bench/cells/iiwa_machine.yaml --minutes 10 --out runs/iiwa_machine
    python scripts/bench/bench_warm_start.py iiwa_posts --from runs/iiwa_machine --steps 300 --every 10 --held-out 1000

That other cell is of the same arm; of another arm's policy (`policies/panda_table`) is taken over what has the same
names. Both runs draw the same problems and are judged on the same held-out ones. The clock plays no part: the learning
rate follows the steps, so that the figures do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from provenance import provenance

from robolab.core.files import write_json, write_text
from robolab.core.rng import stream
from robolab.learning.cell import cell_of
from robolab.learning.learning_curve import Row, drawing, reached
from robolab.learning.problem_sets import source_of
from robolab.learning.problems import build_pool
from robolab.learning.processor import layout_of
from robolab.learning.recipe import Recipe
from robolab.learning.session import HeldOut
from robolab.learning.trainer import Trainer
from robolab.learning.warm_start import warm_start
from robolab.robots import load_robot
from robolab.scene.load import load_scene

LEVELS = 6


def run(given: argparse.Namespace, policy: Path | None) -> tuple[list[Row], str]:
    """Learning curve of one run, and what it began with."""
    scene = load_scene(given.scene)
    cell = cell_of(scene, load_robot(scene.robot, scene.folder))
    recipe = Recipe(batch=given.batch, held_out=given.held_out)
    pool = build_pool(cell, given.poses, stream(given.seed, "pool"))
    source = source_of(cell, pool, recipe)
    layout = layout_of(cell, pool.flat)
    trainer, told = Trainer(cell, recipe, layout, source, given.seed), "nothing"
    if policy is not None:
        told = str(warm_start(policy, cell, recipe, layout, trainer.network))
        trainer.average.load_state_dict(trainer.network.state_dict())
    unseen = build_pool(cell, given.poses // 2, stream(0, "held out"))
    pairs = source_of(cell, unseen, recipe).draw(recipe.held_out, stream(0, "held out", "pairs"))
    judge, curve, costs = HeldOut.of(trainer, pairs), list[Row](), list[float]()
    began = time.monotonic()
    curve.append((0.0, 0.0, float("inf"), judge(trainer.average.state_dict())))
    for step in range(1, given.steps + 1):
        costs.append(trainer.step(step / given.steps).loss)
        if step % given.every == 0:
            share = judge(trainer.average.state_dict())
            cost, costs = sum(costs) / len(costs), []
            curve.append((time.monotonic() - began, float(step), cost, share))
            print(f"step {step}, cost {cost:.3f}, {share:.1%} of held-out problems solved")
    return [(t, s, c if c < 1e9 else curve[1][2], share) for t, s, c, share in curve], told


def compare(cold: list[Row], warm: list[Row]) -> list[dict[str, Any]]:
    """Steps that each run took to the same shares, from where the cold one begins to where it ends."""
    low, high = cold[0][3], max(row[3] for row in cold)
    rows: list[dict[str, Any]] = []
    for k in range(1, LEVELS + 1):
        share = low + (high - low) * k / LEVELS
        steps = [at[0] if (at := reached(curve, share)) else None for curve in (cold, warm)]
        rows.append({"share": share, "steps_from_nothing": steps[0], "steps_warm": steps[1]})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scene")
    parser.add_argument("--from", dest="policy", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--held-out", type=int, default=256)
    parser.add_argument("--poses", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("warm_start.json"))
    given = parser.parse_args()
    cold, _ = run(given, None)
    warm, told = run(given, given.policy)
    result = {
        "scene": given.scene,
        "began_with": told,
        "batch": given.batch,
        "from_nothing": cold,
        "warm": warm,
        "steps_to_share": compare(cold, warm),
        **provenance("torch", "numba", seed=given.seed),
    }
    write_json(given.out, result)
    write_text(given.out.with_suffix(".svg"), drawing({"from nothing": cold, "warm-started": warm}))
    print(told)
    print(json.dumps(result["steps_to_share"], indent=2))


if __name__ == "__main__":
    main()
