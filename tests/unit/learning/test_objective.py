"""What the objective says a curve takes, against closed forms."""

import numpy as np
import pytest
import torch

from robolab.learning.cell import Cell, cell_of
from robolab.learning.objective import Objective
from robolab.learning.recipe import Recipe
from robolab.robots import load_robot
from robolab.scene.load import load_scene


@pytest.fixture(scope="module")
def cell() -> Cell:
    scene = load_scene("ur10e_transfer")
    return cell_of(scene, load_robot(scene.robot, scene.folder))


def _turn_of_the_base(cell: Cell, recipe: Recipe, angle: float) -> torch.Tensor:
    """Control points of a turn of the first joint alone, shape (1, 1, degree + 1, n)."""
    points = np.tile(cell.robot.home, (recipe.degree + 1, 1))
    points[:, 0] += angle * np.linspace(0.0, 1.0, recipe.degree + 1)
    return torch.tensor(points[None, None], dtype=torch.float32)


def _reach(cell: Cell) -> float:
    """How far the tool is from the first joint's axis at home [m]."""
    tool = cell.robot.fk(cell.robot.home)[:3, 3] - cell.robot.X_world_base[:3, 3]
    return float(np.hypot(tool[0], tool[1]))


@pytest.mark.parametrize("tool_speed", [None, 1.0, 50.0])
def test_the_tools_speed_bounds_the_time(cell: Cell, tool_speed: float | None) -> None:
    recipe, angle, limits = Recipe(), 2.0, cell.robot.limits
    objective = Objective(cell.cost(slack=0.01), limits, recipe, tool_speed)
    v, a = limits.velocity[0], limits.acceleration[0]
    if tool_speed is not None:
        v = min(v, tool_speed / _reach(cell))
    time = objective.time(_turn_of_the_base(cell, recipe, angle)).item()
    assert time == pytest.approx(angle / v + v / a, rel=0.05)


def test_a_slow_tool_is_better_off_drawn_in(cell: Cell) -> None:
    """Downhill in time lies what brings the tool nearer to the axis that it turns about."""
    recipe = Recipe()
    objective = Objective(cell.cost(slack=0.01), cell.robot.limits, recipe, 0.5)
    points = _turn_of_the_base(cell, recipe, 2.0).requires_grad_(True)
    before = objective.time(points)
    before.sum().backward()
    assert points.grad is not None
    with torch.no_grad():
        inner = points.clone()
        inner[:, :, 1:-1] -= 0.05 * points.grad[:, :, 1:-1] / points.grad.norm()
        after = objective.time(inner)
        middle = [curve.mean(2)[0, 0] for curve in (points, inner)]
    reach = [np.hypot(*cell.robot.fk(q.numpy().astype(float))[:2, 3]) for q in middle]
    assert after.item() < before.item()
    assert reach[1] < reach[0]
