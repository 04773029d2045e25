"""A live run from scene file to run folder: what the arm did is verified as any program is, and for contact."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import UnknownName
from robolab.core.files import new_folder
from robolab.jobs.exports import export_all
from robolab.jobs.live import Decision, Executed, Watcher
from robolab.jobs.live_camera import CameraWatcher
from robolab.jobs.live_program import program_of
from robolab.jobs.live_setup import live_cell, standing_of
from robolab.jobs.live_watch import TrackWatcher
from robolab.jobs.rehearse import photograph, rehearse
from robolab.jobs.result import RunResult
from robolab.jobs.saved import MANIFEST
from robolab.jobs.write import write_run
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import SceneSpec
from robolab.verify import verify_program
from robolab.verify.moving import Nearest, moving_finding, nearest_approach, without_moving
from robolab.verify.report import VerificationReport

Progress = Callable[[str], None]


def _tracks(scene: SceneSpec, robot: RobotModel, seed: int) -> AbstractContextManager[Watcher]:
    return nullcontext(TrackWatcher(scene, seed))


def _camera(scene: SceneSpec, robot: RobotModel, seed: int) -> AbstractContextManager[Watcher]:
    return closing(CameraWatcher(scene, robot, standing_of(scene), seed))


WATCHERS = {"tracks": _tracks, "camera": _camera}
"""What can tell of bodies that move: their tracks, measured late and with noise, or the scene's depth camera."""


@dataclass(frozen=True)
class LiveResult:
    """What a live run did, and what the verifier says of it.

    Attributes:
        result: As of any run; the report includes the least distance to what moves.
        nearest: Where arm and moving bodies came nearest.
        seconds: Wall time of each plan, whether taken or not, shape (k,).
    """

    result: RunResult
    executed: Executed
    tasks: int
    nearest: Nearest
    watch: str

    @property
    def seconds(self) -> np.ndarray:
        return np.array([decision.seconds for decision in self.executed.decisions])

    @property
    def replans(self) -> int:
        """How many new motions took the place of one that would not do."""
        return sum(d.why == "conflict" and d.taken for d in self.executed.decisions)


def run_live(
    name: str | Path,
    *,
    seed: int,
    out: Path,
    watch: str = "tracks",
    track: bool = True,
    progress: Progress = lambda _: None,
) -> LiveResult:
    """Run a scene's job among what moves, verify what was done, and write the run folder.

    Args:
        watch: What tells of bodies that move, one of `WATCHERS`.
        track: Run what the arm did in the physics as well.
    Raises:
        BadInput: what cannot be used, with file, field, value and what would be right.
    """
    if watch not in WATCHERS:
        raise UnknownName("watcher", watch, WATCHERS, field="--watch")
    with new_folder(out, replaces=MANIFEST) as folder:
        progress("load")
        scene = realise(load_scene(name), seed)
        robot = load_robot(scene.robot, scene.folder)
        live = live_result(scene, robot, seed, watch=watch, track=track, progress=progress)
        result = replace(live.result, picture=photograph(scene, seed))
        if result.report.verified:
            result = replace(result, exports=export_all(result, folder, ("csv",)))
        live = replace(live, result=result)
        write_run(result, folder, live_json(live))
    return live


def live_result(
    scene: SceneSpec,
    robot: RobotModel,
    seed: int,
    *,
    watch: str = "tracks",
    replans: bool = True,
    track: bool = False,
    progress: Progress = lambda _: None,
) -> LiveResult:
    """Run and verify a realised scene; nothing is written."""
    began = time.perf_counter()
    with WATCHERS[watch](scene, robot, seed) as watcher:
        cell = live_cell(scene, robot, seed, replans, watcher=watcher)
        progress("run live")
        executed = cell.executive.run()
    ran = time.perf_counter() - began
    progress("verify")
    names = [task.name for task in cell.executive.tasks]
    program = program_of(executed, names, scene, robot, cell.requirements)
    still = without_moving(scene)
    tracking = rehearse(still, seed, program) if track else None
    checked = verify_program(program, still, tracking)
    nearest = nearest_approach(executed.motion, scene, robot)
    findings = (*checked.findings, moving_finding(nearest))
    report = VerificationReport(findings, checked.resolution)
    result = RunResult(scene, seed, robot, program, report, tracking, live=True)
    live = LiveResult(result, executed, len(names), nearest, watch)
    return replace(live, result=replace(result, seconds={"run live": ran, **_wall_times(live)}))


def live_json(live: LiveResult) -> dict[str, Any]:
    """Return what a report says of a live run beyond what it says of any; no wall times."""
    done = live.executed
    return {
        "live": {
            "watch": live.watch,
            "outcome": "reached" if done.done else "stopped",
            "contact": live.nearest.contact,
            "least_distance_m": live.nearest.distance,
            "nearest": {
                "time_s": live.nearest.time,
                "link": live.nearest.link,
                "body": live.nearest.body,
            },
            "replans": live.replans,
            "plans": len(done.decisions),
            "candidates": sum(decision.tried for decision in done.decisions),
            "duration_s": done.motion.end,
            "tasks": live.tasks,
            "reached": [
                {"task": name, "arrived_s": arrived, "done_s": stood}
                for name, arrived, stood in done.reached
            ],
            "decisions": [_decision_json(decision) for decision in done.decisions],
        }
    }


def _decision_json(decision: Decision) -> dict[str, Any]:
    fields = ("time", "why", "kind", "free", "tried", "taken")
    return {name: getattr(decision, name) for name in fields}


def _wall_times(live: LiveResult) -> dict[str, float]:
    seconds = live.seconds
    if not seconds.size:
        return {}
    return {
        "replanning, median": float(np.median(seconds)),
        "replanning, 95 %": float(np.percentile(seconds, 95)),
        "replanning, worst": float(np.max(seconds)),
    }
