"""Run a program in the physics, with motors, gripper and sensors; and take the scene's picture."""

from __future__ import annotations

from robolab.scene.spec import SceneSpec
from robolab.sensors import attach
from robolab.sim.picture import take_picture
from robolab.sim.tracking import TrackingLog, run_program
from robolab.sim.world import World
from robolab.trajectory.trajectory import Program


def rehearse(scene: SceneSpec, seed: int, program: Program) -> TrackingLog:
    """Run a program in a fresh world of a realised scene."""
    with World(scene, seed) as world:
        attach(world)
        return run_program(world, program)


def photograph(scene: SceneSpec, seed: int) -> bytes:
    """Return a picture of a realised scene as the job finds it, a PNG."""
    with World(scene, seed) as world:
        return take_picture(world)
