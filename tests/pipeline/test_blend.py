"""A blend joins two moves into one leg that passes the corner without stopping."""

import numpy as np
import pytest

from robolab.jobs.plan import Cell, plan_job
from robolab.planning.portfolio import DirectPlanner
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.scene.spec import MoveFree, MoveStraight, PoseSpec, PoseTarget, SceneSpec
from robolab.trajectory.trajectory import Program
from robolab.verify import verify_program

CORNER = (-0.6, 0.0, 0.4)
RADIUS = 0.08


def to(position: tuple[float, float, float]) -> PoseTarget:
    return PoseTarget(pose=PoseSpec(position=position, rpy_deg=(180.0, 0.0, 0.0)))


def planned(blend: float) -> tuple[SceneSpec, Program]:
    scene = load_scene("ur10e_log")
    job = (
        MoveFree(do="move_free", to=to((-0.6, -0.35, 0.4))),
        MoveStraight(do="move_straight", to=to(CORNER), blend=blend),
        MoveStraight(do="move_straight", to=to((-0.8, 0.0, 0.4))),
    )
    scene = scene.model_copy(update={"job": job})
    cell = Cell(scene, load_robot(scene.robot, scene.folder), DirectPlanner(), seed=1)
    return scene, plan_job(cell)


@pytest.fixture(scope="module")
def stopping() -> Program:
    return planned(0.0)[1]


@pytest.fixture(scope="module")
def blended() -> tuple[SceneSpec, Program]:
    return planned(RADIUS)


def test_the_arm_passes_on_and_is_faster(
    stopping: Program, blended: tuple[SceneSpec, Program]
) -> None:
    program = blended[1]
    assert len(stopping.legs) == 3
    assert len(program.legs) == 2
    assert program.duration < stopping.duration - 0.05
    assert program.legs[1].planner == "blend"


def test_the_corner_is_rounded_within_the_radius(blended: tuple[SceneSpec, Program]) -> None:
    scene, program = blended
    robot = load_robot(scene.robot, scene.folder)
    leg = program.legs[1].trajectory
    inner = leg.position(np.linspace(0.0, leg.duration, 400))
    way = np.array([robot.fk(q)[:3, 3] for q in inner])
    nearest = np.linalg.norm(way - np.array(CORNER), axis=1).min()
    assert 0.002 < nearest < RADIUS
    off_the_lines = np.minimum(np.abs(way[:, 0] - CORNER[0]), np.abs(way[:, 1] - CORNER[1]))
    outside = np.linalg.norm(way - np.array(CORNER), axis=1) > RADIUS + 1e-3
    assert off_the_lines[outside].max() < 1e-3


def test_the_blend_verifies(blended: tuple[SceneSpec, Program]) -> None:
    scene, program = blended
    report = verify_program(program, scene)
    assert report.verified, report.explain()
