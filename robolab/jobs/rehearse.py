"""Run a program in the physics, with motors, gripper and sensors; and take the scene's picture."""

from __future__ import annotations

from pathlib import Path

from robolab.estimation.model import load_model
from robolab.estimation.simulated import measured_drives
from robolab.jobs.load import robot_of
from robolab.scene.spec import SceneSpec
from robolab.sensors import attach
from robolab.sim.friction import MeasuredDrives
from robolab.sim.picture import take_picture
from robolab.sim.tracking import TrackingLog, run_program
from robolab.sim.world import World
from robolab.trajectory.trajectory import Program


def rehearse(
    scene: SceneSpec, seed: int, program: Program, drives: MeasuredDrives | None = None
) -> TrackingLog:
    """Run a program in a fresh world of a realised scene.

    Args:
        drives: Of the first robot, as they were measured on a real one.
    """
    measured = None if drives is None else {scene.robot.name: drives}
    with World(scene, seed, drives=measured) as world:
        attach(world)
        return run_program(world, program)


def drives_of(scene: SceneSpec, model: Path) -> MeasuredDrives:
    """Return the drives of a load model's arm for a scene's first robot, whatever tool that carries.

    Raises:
        LoadModelError: the model cannot be used, or is of another robot.
    """
    usual = robot_of(scene.robot.model)
    return measured_drives(load_model(model, usual), usual)


def photograph(scene: SceneSpec, seed: int) -> bytes:
    """Return a picture of a realised scene as the job finds it, a PNG."""
    with World(scene, seed) as world:
        return take_picture(world)
