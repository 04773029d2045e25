"""Will a grasp hold? Real grasps of objects that nothing was learned from, beside gradient boosting and logistic regression.

    python scripts/bench/bench_touch_stability.py --out stability.json

Needs the BioTac SP grasps where ROBOLAB_DATA points, and scikit-learn for the peers (`pip install scikit-learn`; without
it they are left out). Objects are dealt into five groups, each left out in turn, with three seeds for dealing and training. `session` leaves out, on
top of that, a whole file (hand orientation): trained on two, judged on the third, other objects.

Peers read the counts as they are, and, in a second row, held against the same reference as the networks' inputs are.
Further rows: only so many grasps of an object are known; a share of them slips other than half, as in the files.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from provenance import provenance

from robolab.core.assets import data_dir
from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.touch.grasps import Grasps, read_grasps
from robolab.touch.scores import accuracy, area_under_curve
from robolab.touch.stability import Lesson, Stability, held_against, learn

GROUPS = 5
SIZES = (1, 2, 4, 8, 16)
MIXES = (0.2, 0.35, 0.65, 0.8)
Judge = Callable[[Grasps, Grasps, int], Array]


def probability(odds: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-odds))


def networks(learned: Stability, test: Grasps, seed: int) -> dict[str, Array]:
    said = {
        "networks": learned.odds(test),
        "networks, each grasp alone": learned.odds_alone(test),
        "one network": Stability(learned.networks[:1], learned.sessions).odds(test),
    }
    rng = stream(seed, "bench", "sizes")
    for size in SIZES[1:]:
        said[f"networks, {size} grasps an object"] = in_parts(learned, test, size, rng)
    return {name: probability(odds) for name, odds in said.items()}


def in_parts(learned: Stability, test: Grasps, size: int, rng: np.random.Generator) -> Array:
    """Ask about a few grasps of each object at a time, all of one file."""
    odds = np.empty(len(test))
    for file in np.unique(test.files):
        left = {
            name: rng.permutation(np.flatnonzero((test.objects == name) & (test.files == file)))
            for name in np.unique(test.objects)
        }
        while any(len(rows) for rows in left.values()):
            rows = np.concatenate([rows[:size] for rows in left.values()])
            left = {name: rows[size:] for name, rows in left.items()}
            odds[rows] = learned.odds(test.part(rows))
    return odds


def peers(train: Grasps, test: Grasps, seed: int) -> dict[str, Array]:
    if find_spec("sklearn") is None:
        return {}
    ensemble, linear = import_module("sklearn.ensemble"), import_module("sklearn.linear_model")
    said = dict[str, Array]()
    raw = [grasps.readings.reshape(len(grasps), -1) for grasps in (train, test)]
    scaled = [(x - raw[0].mean(0)) / raw[0].std(0) for x in raw]
    against = held_against(train, test)
    for name, model, (x, z) in (
        ("gradient boosting", ensemble.GradientBoostingClassifier(random_state=seed), scaled),
        ("logistic regression", linear.LogisticRegression(max_iter=2000), scaled),
        ("histogram boosting", ensemble.HistGradientBoostingClassifier(random_state=seed), scaled),
        (
            "histogram boosting, held against the same",
            ensemble.HistGradientBoostingClassifier(random_state=seed),
            against,
        ),
        (
            "logistic regression, held against the same",
            linear.LogisticRegression(max_iter=2000),
            against,
        ),
    ):
        said[name] = model.fit(x, train.slipped).predict_proba(z)[:, 1]
    return said


def splits(grasps: Grasps, seed: int, session: bool) -> Iterator[tuple[str, Grasps, Grasps]]:
    """Grasps to learn from and to judge: no object in both, and no file either if `session`."""
    names = stream(seed, "bench", "objects").permutation(np.unique(grasps.objects))
    for k, left_out in enumerate(np.array_split(names, GROUPS)):
        judged = np.isin(grasps.objects, left_out)
        if not session:
            yield f"group {k}", grasps.part(~judged), grasps.part(judged)
            continue
        for file in np.unique(grasps.files):
            here = grasps.files == file
            yield (
                f"group {k}, file {file}",
                grasps.part(~judged & ~here),
                grasps.part(judged & here),
            )


def mixed(learned: Stability, test: Grasps, rng: np.random.Generator) -> dict[str, Array]:
    """Scores where a share of each object's grasps slips, the rest left out."""
    assert test.slipped is not None
    rows = dict[str, Array]()
    for share in MIXES:
        keep = np.zeros(len(test), bool)
        for name in np.unique(test.objects):
            for file in np.unique(test.files):
                both = [
                    rng.permutation(
                        np.flatnonzero(
                            (test.objects == name) & (test.files == file) & (test.slipped == kind)
                        )
                    )
                    for kind in (True, False)
                ]
                total = min(len(both[0]) / share, len(both[1]) / (1.0 - share))
                for part, of in zip(both, (share, 1.0 - share), strict=True):
                    keep[part[: round(total * of)]] = True
        part = test.part(keep)
        rows[f"networks, {100 * share:.0f} % of an object's grasps slip"] = scored(
            probability(learned.odds(part)), part
        )
    return rows


def scored(said: Array, test: Grasps) -> Array:
    assert test.slipped is not None
    return np.array([accuracy(said, test.slipped), area_under_curve(said, test.slipped)], float)


def measure(grasps: Grasps, seeds: list[int], session: bool) -> dict[str, list[Array]]:
    table = dict[str, list[Array]]()
    for seed in seeds:
        for name, train, test in splits(grasps, seed, session):
            began = time.process_time()
            learned = learn(train, Lesson(seed=seed))
            said = {**networks(learned, test, seed), **peers(train, test, seed)}
            rows = {who: scored(p, test) for who, p in said.items()}
            for who, row in {**rows, **mixed(learned, test, stream(seed, "bench", "mix"))}.items():
                table.setdefault(who, []).append(row)
            told_now = ", ".join(f"{who} {row[0]:.3f} {row[1]:.3f}" for who, row in rows.items())
            used = time.process_time() - began
            print(f"seed {seed}, {name}, {used:.0f} s of CPU: {told_now}", flush=True)
    return table


def told(table: dict[str, list[Array]]) -> dict[str, Any]:
    """Mean over folds, and their standard deviation."""
    rows: dict[str, Any] = {}
    for who, scores in table.items():
        mean, spread = np.mean(scores, axis=0), np.std(scores, axis=0)
        rows[who] = {"accuracy": mean[0], "auc": mean[1], "spread": spread, "folds": scores}
        print(f"{who:46} {mean[0]:.3f} ± {spread[0]:.3f}   {mean[1]:.3f} ± {spread[1]:.3f}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Judge real grasps of unknown objects.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", choices=("objects", "session"))
    args = parser.parse_args()
    folder = data_dir()
    files = sorted((folder / "biotac_grasp").glob("*.csv")) if folder else []
    if not files:
        raise SystemExit("no grasps where ROBOLAB_DATA points")
    torch.set_num_threads(1)
    grasps, result = read_grasps(files), provenance("torch", seed=args.seeds[0])
    for kind in ("objects", "session"):
        if args.only in (None, kind):
            print(f"-- {kind}: mean and deviation over folds of accuracy, area under the curve")
            result[kind] = told(measure(grasps, args.seeds, session=kind == "session"))
    write_json(args.out, result)


if __name__ == "__main__":
    main()
