"""Learn how sure to be of a trained policy's proposals, and write that into its folder.

    python scripts/calibrate.py policies/ur10e_transfer

`robolab train` ends with the same; this is for policies from before, or after a change to what certainty goes by.
Weights and learning curve stay as they are; `certainty.json` and the figures on it in `metrics.json` and `CARD.md`
are made anew. The scene is the one that the policy was trained for.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from robolab.core.errors import RobolabError
from robolab.core.files import new_folder, write_json, write_text
from robolab.learning.card import write_card
from robolab.learning.certainty import CERTAINTY
from robolab.learning.identity import METRICS
from robolab.learning.policy import CARD, RECIPE, Policy, read, write_certainty
from robolab.learning.problem_sets import unseen_sets
from robolab.learning.train import with_certainty
from robolab.learning.trial import outcomes
from robolab.learning.workers import Local
from robolab.robots import load_robot
from robolab.scene.load import load_scene


def calibrated(folder: Path, scene: str) -> dict[str, Any]:
    """Fit a policy's certainty and write it; return its figures."""
    spec = load_scene(scene)
    # Without the old certainty, which may be of another version.
    with new_folder(folder, replaces=RECIPE) as staged:
        for file in folder.iterdir():
            if file.name != CERTAINTY:
                shutil.copy(file, staged / file.name)
        policy = Policy.load(staged, spec, load_robot(spec.robot, spec.folder))
        unseen = unseen_sets(policy.cell, policy.recipe)
        tried = [one for pairs in unseen.values() for one in outcomes(policy, pairs)]
        policy, figures = with_certainty(policy, tried, Local())
        assert policy.certainty is not None
        write_certainty(staged, policy.certainty)
        metrics = json.loads((staged / METRICS).read_text(encoding="utf-8"))
        metrics["certainty"] = figures
        write_json(staged / METRICS, metrics)
        run = yaml.safe_load((staged / RECIPE).read_text(encoding="utf-8"))["run"]
        write_text(staged / CARD, write_card(policy.cell, run, metrics))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("policy", type=Path, help="the policy's folder")
    parser.add_argument("--scene", help="its scene; without it, what the policy names")
    args = parser.parse_args()
    try:
        trained_for = read(args.policy).identity
        figures = calibrated(args.policy, args.scene or str(trained_for["scene"]))
    except RobolabError as error:
        parser.exit(error.exit_code, f"calibrate: {' '.join(str(error).split())}\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
