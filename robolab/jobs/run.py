"""The seven steps, from a scene file to a run folder.

SceneSpec -> World -> Readings -> Action | Path -> Trajectory -> VerificationReport -> files
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from robolab.core.files import new_folder
from robolab.estimation.log import read_log
from robolab.jobs.exports import export_all
from robolab.jobs.log_poses import standstills
from robolab.jobs.moves import Action, Move
from robolab.jobs.plan import Cell, plan_actions, plan_job
from robolab.jobs.planner import planner_for, policy_for
from robolab.jobs.rehearse import photograph, rehearse
from robolab.jobs.result import Comparison, RunResult
from robolab.jobs.saved import MANIFEST
from robolab.jobs.second_opinion import ask_mujoco, judged, need_mujoco
from robolab.jobs.write import write_run
from robolab.learning.identity import minutes_of
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.trajectory.trajectory import Program
from robolab.verify import verify_program

Progress = Callable[[str], None]


@dataclass
class _Clock:
    """Wall time of each stage, and the user told of it."""

    say: Progress
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.say(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def run_scene(
    name: str | Path,
    *,
    seed: int,
    out: Path,
    waypoints: Path | None = None,
    policy: Path | None = None,
    track: bool = True,
    second_opinion: bool = False,
    progress: Progress = lambda _: None,
) -> RunResult:
    """Plan a scene's job, verify it, run it in the physics, export it, and write the run folder.

    Args:
        name: A shipped scene's name, or a path to a scene file.
        out: The run folder; written aside and renamed when whole.
        waypoints: A joint log whose standstills replace the scene's job.
        policy: A trained policy's folder; without it the shipped one for this scene, if there is one.
        track: Run the program in the physics as part of the verification.
        second_opinion: Replay it in MuJoCo too, compare, and let that count.
    Raises:
        BadInput: what cannot be used, with file, field, value and what would be right.
    """
    if second_opinion:
        need_mujoco(track)
    with new_folder(out, replaces=MANIFEST) as folder:
        result = _run(
            name, seed, waypoints, policy, track, second_opinion, folder, _Clock(progress)
        )
        write_run(result, folder)
    return result


def _run(
    name: str | Path,
    seed: int,
    waypoints: Path | None,
    policy: Path | None,
    track: bool,
    second_opinion: bool,
    folder: Path,
    clock: _Clock,
) -> RunResult:
    with clock.stage("load"):
        scene = realise(load_scene(name), seed)
        robot = load_robot(scene.robot, scene.folder)
        cell = Cell(scene, robot, planner_for(scene, robot, policy), seed)
    with clock.stage("plan"):
        program, comparison = _plan(cell, waypoints, clock.say)
    tracking = None
    if track:
        with clock.stage("rehearse in the physics"):
            tracking = rehearse(scene, seed, program)
    with clock.stage("verify"):
        report = verify_program(program, scene, tracking)
    opinion = None
    if second_opinion and tracking is not None:
        with clock.stage("replay in MuJoCo"):
            opinion = ask_mujoco(scene, robot, program, tracking)
            report = judged(report, opinion, scene, program)
    result = RunResult(
        scene, seed, robot, program, report, tracking, comparison=comparison, opinion=opinion
    )
    with clock.stage("export"):
        exports = export_all(result, folder) if report.verified else {}
    with clock.stage("picture"):
        picture = photograph(scene, seed)
    return replace(
        result,
        exports=exports,
        picture=picture,
        seconds=clock.seconds,
        training=_training(policy_for(scene, policy)),
    )


def _training(policy: Path | None) -> float | None:
    minutes = None if policy is None else minutes_of(policy)
    return None if minutes is None else 60.0 * minutes


def _plan(cell: Cell, waypoints: Path | None, say: Progress) -> tuple[Program, Comparison | None]:
    if waypoints is None:
        return plan_job(cell, say), None
    found = standstills(read_log(waypoints))
    actions: tuple[Action, ...] = tuple(
        Move(f"{i + 1} free to pose {i + 2}", straight=False, joints=q)
        for i, q in enumerate(found.poses[1:])
    )
    program = plan_actions(cell, actions, found.poses[0], say)
    return program, Comparison(len(found.poses), found.motion_time, program.duration)
