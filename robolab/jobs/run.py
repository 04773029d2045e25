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
from robolab.jobs.adapt_current import CurrentFeeler, model_with_tool
from robolab.jobs.adapt_feel import Feeler, SimulatedFeeler
from robolab.jobs.adapt_report import retiming_seconds
from robolab.jobs.adapt_run import open_job
from robolab.jobs.adapted import Adapted
from robolab.jobs.exports import export_all
from robolab.jobs.log_poses import standstills
from robolab.jobs.moves import Action, Move
from robolab.jobs.plan import Cell, plan_actions, plan_job
from robolab.jobs.planner import planner_for, policy_for
from robolab.jobs.rehearse import drives_of, photograph, rehearse
from robolab.jobs.result import Comparison, RunResult
from robolab.jobs.saved import MANIFEST
from robolab.jobs.second_opinion import ask_mujoco, judged, need_mujoco
from robolab.jobs.write import write_run
from robolab.learning.identity import minutes_of
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import SceneSpec
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
    adapt: bool = False,
    load_model: Path | None = None,
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
        load_model: What `robolab load identify` has written: the physics' arm gets the friction, the weights and
            the noise of the real one. With `adapt` the physics stay the description's, and loads are felt by the
            currents of that arm instead of the true ones with an estimator's errors.
        adapt: Do not look at what the loads weigh, but time what follows a lift for what is felt of them.
    Raises:
        BadInput: what cannot be used, with file, field, value and what would be right.
    """
    if second_opinion:
        need_mujoco(track)
    asked = _Asked(name, seed, waypoints, policy, track, second_opinion, adapt, load_model)
    with new_folder(out, replaces=MANIFEST) as folder:
        result = _run(asked, folder, _Clock(progress))
        write_run(result, folder)
    return result


@dataclass(frozen=True)
class _Asked:
    """The arguments of `run_scene`."""

    name: str | Path
    seed: int
    waypoints: Path | None
    policy: Path | None
    track: bool
    second_opinion: bool
    adapt: bool
    load_model: Path | None


def _run(asked: _Asked, folder: Path, clock: _Clock) -> RunResult:
    seed = asked.seed
    with clock.stage("load"):
        spec = load_scene(asked.name)
        scene = realise(spec, seed)
        robot = load_robot(scene.robot, scene.folder)
        cell = Cell(scene, robot, planner_for(scene, robot, asked.policy), seed)
    with clock.stage("plan"):
        planned = _plan(cell, spec, asked, clock.say)
    program = planned.program
    tracking = None
    if asked.track:
        with clock.stage("rehearse in the physics"):
            real = None if asked.adapt else asked.load_model
            drives = None if real is None else drives_of(scene, real)
            tracking = rehearse(scene, seed, program, drives)
    with clock.stage("verify"):
        report = verify_program(program, scene, tracking)
    opinion = None
    if asked.second_opinion and tracking is not None:
        with clock.stage("replay in MuJoCo"):
            opinion = ask_mujoco(scene, robot, program, tracking)
            report = judged(report, opinion, scene, program)
    result = RunResult(
        scene,
        seed,
        robot,
        program,
        report,
        tracking,
        comparison=planned.comparison,
        opinion=opinion,
        adaptation=planned.adaptation,
    )
    with clock.stage("export"):
        exports = export_all(result, folder) if report.verified else {}
    with clock.stage("picture"):
        picture = photograph(scene, seed)
    return replace(
        result,
        exports=exports,
        picture=picture,
        seconds=clock.seconds | retiming_seconds(planned.adaptation),
        training=_training(policy_for(scene, asked.policy)),
    )


def _feeler(cell: Cell, file: Path | None) -> Feeler:
    if file is None:
        return SimulatedFeeler(cell.seed)
    return CurrentFeeler(model_with_tool(file, cell.robot), cell.seed)


def _training(policy: Path | None) -> float | None:
    minutes = None if policy is None else minutes_of(policy)
    return None if minutes is None else 60.0 * minutes


@dataclass(frozen=True)
class _Planned:
    """A program, and what else came of planning it."""

    program: Program
    comparison: Comparison | None = None
    adaptation: Adapted | None = None


def _plan(cell: Cell, spec: SceneSpec, asked: _Asked, say: Progress) -> _Planned:
    if asked.adapt:
        job = open_job(spec, cell.scene, cell.robot, cell.planner, cell.seed, say)
        say("feel and time anew")
        adapted = job.adapted(_feeler(cell, asked.load_model))
        return _Planned(adapted.program, adaptation=adapted)
    if asked.waypoints is None:
        return _Planned(plan_job(cell, say))
    found = standstills(read_log(asked.waypoints))
    actions: tuple[Action, ...] = tuple(
        Move(f"{i + 1} free to pose {i + 2}", straight=False, joints=q)
        for i, q in enumerate(found.poses[1:])
    )
    program = plan_actions(cell, actions, found.poses[0], say)
    return _Planned(program, Comparison(len(found.poses), found.motion_time, program.duration))
