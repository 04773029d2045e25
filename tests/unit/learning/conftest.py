"""A small cell that trains in seconds: a UR10e, a post, a carton."""

from pathlib import Path

import pytest

from robolab.learning.cell import Cell, cell_of
from robolab.learning.learning_curve import read_curve
from robolab.learning.recipe import Recipe
from robolab.robots import load_robot
from robolab.scene.load import parse_scene
from robolab.scene.spec import SceneSpec


def small_scene(**changes: object) -> SceneSpec:
    content = {
        "name": "small",
        "floor_height": -0.6,
        "robots": [{"name": "arm", "model": "ur10e", "tool": {"model": "suction_cup"}}],
        "objects": [
            {
                "name": "post",
                "shape": {"type": "cylinder", "radius": 0.06, "length": 1.6},
                "pose": {"position": [0.7, 0.0, 0.0]},
            },
            {
                "name": "carton",
                "shape": {"type": "box", "size": [0.2, 0.2, 0.2]},
                "pose": {"position": [0.3, -0.7, -0.2]},
                "mass": 2.0,
            },
        ],
        "randomisation": {
            "objects": [{"object": "carton", "position": [0.05, 0.05, 0.0], "yaw_deg": 10.0}]
        },
        "requirements": {"upright": {"within_deg": 40.0}},
        "targets": {"there": {"pose": {"position": [0.3, 0.7, -0.2]}}},
        "job": [
            {
                "do": "pick",
                "object": "carton",
                "grasp": {"position": [0.0, 0.0, 0.1], "rpy_deg": [180.0, 0.0, 0.0]},
                "approach": {"direction": [0.0, 0.0, -1.0], "distance": 0.1},
                "retreat": {"direction": [0.0, 0.0, 1.0], "distance": 0.1},
            },
            {
                "do": "place",
                "at": "there",
                "approach": {"direction": [0.0, 0.0, -1.0], "distance": 0.1},
                "retreat": {"direction": [0.0, 0.0, 1.0], "distance": 0.1},
            },
        ],
        "work_volume": {
            "boxes": [
                {"low": [0.2, -0.9, 0.0], "high": [0.6, -0.6, 0.4]},
                {"low": [0.2, 0.6, 0.0], "high": [0.6, 0.9, 0.4]},
            ]
        },
    }
    return parse_scene(content | changes, Path("small.yaml"))


def tiny_recipe(**changes: object) -> Recipe:
    settings = {
        "proposals": 2,
        "width": 32,
        "blocks": 1,
        "corrector_width": 16,
        "corrections": 1,
        "pool": 40,
        "batch": 16,
        "points": 8,
        "held_out": 16,
        "unseen": 8,
        "calibration": 2,
        "warm_up": 2,
    }
    return Recipe.model_validate(settings | changes)


def minutes_had(policy: Path) -> float:
    """The training that a finished policy has had; a slow machine overruns a budget of a second or two."""
    return read_curve(policy)[-1][0] / 60.0


@pytest.fixture(scope="session")
def scene() -> SceneSpec:
    return small_scene()


@pytest.fixture(scope="session")
def cell(scene: SceneSpec) -> Cell:
    return cell_of(scene, load_robot(scene.robot, scene.folder))
