"""Run every shipped job in PyBullet and in MuJoCo, and tell how far the two engines are apart.

    python scripts/bench/bench_engines.py --seed 7 --out engines.json

Each scene is planned, rehearsed and verified as `robolab run --second-opinion` does it. MuJoCo's arm is made from
the same description and has no objects around it: what is touched counts as a difference. Seconds are those of the
rehearsal, with objects, gripper and sensors, and of the replay, with neither.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from provenance import provenance

from robolab.core.files import write_json
from robolab.jobs.result import RunResult
from robolab.jobs.run import run_scene
from robolab.jobs.second_opinion import opinion_json

SCENES = ("ur10e_transfer", "panda_table", "palletiser_cell", "iiwa_posts")
PACKAGES = ("pybullet", "mujoco", "pin")


def measure(name: str, seed: int) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        result = run_scene(name, seed=seed, out=Path(folder) / "run", second_opinion=True)
    return row_of(result)


def row_of(result: RunResult) -> dict[str, Any]:
    assert result.opinion is not None
    return {
        "scene": result.scene.name,
        "robot": result.robot.name,
        "verified": result.report.verified,
        "cycle_time_s": result.program.duration,
        "pybullet_seconds": result.seconds["rehearse in the physics"],
        "mujoco_seconds": result.seconds["replay in MuJoCo"],
        **opinion_json(result.opinion, result.program),
    }


def line_of(row: dict[str, Any]) -> str:
    worst = row["largest_joint_difference"]
    tools = "  ".join(f"{error * 1e3:.3f} mm" for error in row["largest_tcp_error_m"])
    place = f"{worst['joint']}, {worst['leg'] or 'a pause'}, {worst['time_s']:.3f} s"
    return (
        f"{row['scene']:16} {'verified' if row['verified'] else 'NOT VERIFIED':12} "
        f"{worst['difference'] * 1e3:.3f} m{worst['unit']}  "
        f"{row['largest_tcp_difference_m'] * 1e3:.3f} mm  {tools}  {place}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", nargs="+", default=list(SCENES))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("engines.json"))
    asked = parser.parse_args()
    print("scene, verdict, joints apart, tools apart, tool errors in PyBullet and MuJoCo, where")
    rows: list[dict[str, Any]] = []
    for name in asked.scenes:
        rows.append(measure(name, asked.seed))
        print(line_of(rows[-1]), flush=True)
    write_json(asked.out, {**provenance(*PACKAGES, seed=asked.seed), "results": rows})


if __name__ == "__main__":
    main()
