"""Mixed pallets: what learning and vision are worth, what light and shaking cost, and ten pallets of each difficulty.

    python scripts/bench/bench_pallets.py --out pallets --pallets 30

One run empties the same pallets by a rule that sees planes alone, by the policy with perfect perception, and by the policy
with the camera; the last again under a tenth and ten times the light, with a shaking camera, and on a vibrating base; then
`--series` pallets of each difficulty, with a film strip for each. Each part is a file in the folder; with `--resume`, one
that is there and of the same exam is not done again, and one that was broken off goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from provenance import provenance

from robolab.core.files import write_json
from robolab.jobs.pallet_evaluate import CAMERA, DEPALLETISE, FILM, GEOMETRY, PERFECT, RULE, Exam
from robolab.jobs.pallet_floor import Floor
from robolab.jobs.pallet_results import Outputs, hold
from robolab.tasks.pallet_case import LEVELS

SHAKE_MM = 2.0
AIM_LOSS = 2.0
"""Points of cases moved that light and shaking may cost."""
SUMMARY = "summary.json"
FIGURES = (
    "cases", "moved", "drops", "collisions", "interventions", "double_picks", "cases_per_hour", "perception_ms",
)  # fmt: skip


def parts(scene: str, pallets: int, series: int, seed: int) -> dict[str, Exam]:
    """What is held, by name."""
    camera = Exam(scene, pallets, seed, DEPALLETISE, CAMERA)
    found = {
        "planes_and_rule": replace(camera, policy=RULE, perception=GEOMETRY),
        "policy_perfect": replace(camera, perception=PERFECT),
        "policy_camera": camera,
        "light_0.1": replace(camera, floor=Floor(light=0.1)),
        "light_10": replace(camera, floor=Floor(light=10.0)),
        "camera_shakes": replace(camera, floor=Floor(camera_mm=SHAKE_MM)),
        "base_vibrates": replace(camera, floor=Floor(base_mm=SHAKE_MM)),
    }
    for level in LEVELS if series else ():
        shown = {"levels": (level,), "shown": FILM, "films": series}
        found[f"series_{level}"] = replace(camera, episodes=series, **shown)
    return found


def held(name: str, exam: Exam, folder: Path, workers: int, resume: bool) -> dict[str, Any]:
    """Hold a part, or read what it gave."""
    file = folder / f"{name}.json"
    if resume and file.is_file():
        before: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if before.get("exam") == exam.identity():
            return before
    film = folder / f"{name}.png" if exam.shown.moments else None

    def say(text: str) -> None:
        print(f"{name}: {text}", file=sys.stderr, flush=True)

    began = time.process_time()
    result = hold(exam, Outputs(file, film), workers, resume, say)
    result["cpu_seconds_of_this_sitting"] = round(time.process_time() - began, 1)
    write_json(file, result)
    return result


def losses(results: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Points of cases moved that each condition costs against the camera in a quiet hall."""

    def share(name: str) -> float:
        return 100.0 * results[name]["moved"] / results[name]["cases"]

    names = ("light_0.1", "light_10", "camera_shakes", "base_vibrates")
    return {name: round(share("policy_camera") - share(name), 2) for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for all files")
    parser.add_argument("--scene", default="mixed_pallet")
    parser.add_argument("--pallets", type=int, default=30)
    parser.add_argument(
        "--series", type=int, default=10, help="pallets of each difficulty; 0 for none"
    )
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from a run that was killed")
    arguments = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    wanted = parts(arguments.scene, arguments.pallets, arguments.series, arguments.seed)
    for name, exam in wanted.items():
        results[name] = held(name, exam, arguments.out, arguments.workers, arguments.resume)
        print(name, {key: results[name][key] for key in FIGURES}, flush=True)
    summary = {
        "scene": arguments.scene,
        "pallets": arguments.pallets,
        "results": {name: {key: of[key] for key in FIGURES} for name, of in results.items()},
        "loss_in_points": losses(results),
        "aim_loss_in_points": AIM_LOSS,
        "shake_mm": SHAKE_MM,
        **provenance("torch", "pybullet", seed=arguments.seed),
    }
    write_json(arguments.out / SUMMARY, summary)
    print("loss in points", summary["loss_in_points"])


if __name__ == "__main__":
    main()
