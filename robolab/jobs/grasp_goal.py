"""Goals that are grasps: the gripper touches what it is to hold, no deeper than a recorded pose is inexact.

Sets of problems hold such goals: a finger a few millimetres inside the object between the fingers. Nothing reaches them
without contact, and arms do go there. The object is eroded, for the gripper, by just the depth that the goal itself
asks for; all other parts of the arm keep clear of it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.obstacles import Obstacles
from robolab.planning.checks import checker_of, usable_goals
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.robots.model import Hulls, RobotModel, Spheres
from robolab.scene.problem_file import ProblemSpec, SolidSpec

DEEPEST = 0.02
"""Gripper and object may overlap by this much at a goal [m]."""
_STEPS = 5
_ROOM = 1e-3
"""Erosion beyond the depth at the goal, so that there is a way to it [m]."""
_THIN = 1e-3


@dataclass(frozen=True)
class GraspGoal:
    """A problem whose goal touches.

    Attributes:
        problem: The same with what is touched eroded.
        objects, bodies: Names of what is touched, and of the gripper's links that touch.
        depth: By how much the objects are eroded on every side [m].
    """

    problem: Problem
    objects: tuple[str, ...]
    bodies: tuple[str, ...]
    depth: float

    def told(self) -> dict[str, object]:
        """For the results: what touches what, and how deep at most [m]."""
        return {"bodies": self.bodies, "objects": self.objects, "depth_m": self.depth}


def grasp_goal(problem: Problem) -> GraspGoal | None:
    """Read a problem as one whose goal is a grasp; None where its goal or its start collides in any other way."""
    checker, gripper = checker_of(problem), gripper_bodies(problem.robot)
    pairs = checker.colliding_bodies(problem.goals[0])
    touched = tuple(dict.fromkeys(name for _, name in pairs))
    links = tuple(dict.fromkeys(link for link, _ in pairs))
    if not pairs or not set(links) <= gripper or set(touched) & set(problem.robot.bodies):
        return None
    low, high = 0.0, DEEPEST
    if not _eroded_free(problem, touched, high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if _eroded_free(problem, touched, middle) else (middle, high)
    return GraspGoal(_eroded(problem, touched, high + _ROOM), touched, links, high + _ROOM)


def gripper_bodies(robot: RobotModel) -> set[str]:
    """Names of the links beyond the flange; none without a gripper."""
    if robot.gripper is None:
        return set()
    return set(robot.bodies[robot.bodies.index(robot.flange) + 1 :])


def plan_grasp(
    goal: GraspGoal, plan: Callable[[Problem], Planned | NoPlan], whole: Problem
) -> Planned | NoPlan:
    """Plan to a grasp; the rest of the arm is held against the objects as they are.

    Args:
        whole: The problem with nothing eroded.
    """
    found = plan(goal.problem)
    if isinstance(found, NoPlan):
        return found
    gripper = gripper_bodies(whole.robot)
    arm = replace(whole, spheres=_fewer_spheres(whole.spheres, gripper))
    rest = checker_of(arm, _fewer_hulls(whole.robot.hulls, gripper))
    if rest.curve_free(found.path):
        return found
    detail = f"the arm, not its gripper alone, would touch {', '.join(goal.objects)}"
    return NoPlan("collision on the way", detail, goal.objects)


def eroded_spec(spec: ProblemSpec, goal: GraspGoal) -> ProblemSpec:
    """The problem as its file says it, with what is touched eroded: what the result is verified against."""
    objects = tuple(
        _eroded_solid(solid, goal.depth) if solid.id in goal.objects else solid
        for solid in spec.objects
    )
    return spec.model_copy(update={"objects": objects})


def _eroded_solid(solid: SolidSpec, depth: float) -> SolidSpec:
    less = np.array([2.0, 2.0, 2.0] if solid.type == "box" else [2.0, 1.0]) * depth
    sizes = np.maximum(np.array(solid.dimensions) - less, _THIN)
    return solid.model_copy(update={"dimensions": tuple(sizes.tolist())})


def _eroded_free(problem: Problem, names: tuple[str, ...], depth: float) -> bool:
    thinner = _eroded(problem, names, depth)
    return not isinstance(usable_goals(thinner, checker_of(thinner)), NoPlan)


def _eroded(problem: Problem, names: tuple[str, ...], depth: float) -> Problem:
    around = problem.obstacles

    def thinner(size: Array, of: tuple[str, ...]) -> Array:
        less = depth * np.isin(np.array(of, dtype=str), names)
        return np.maximum(size - less[:, None], _THIN / 2.0)

    obstacles: Obstacles = replace(
        around,
        box_half=thinner(around.box_half, around.box_names),
        cylinder_size=thinner(around.cylinder_size, around.cylinder_names),
    )
    return replace(problem, obstacles=obstacles)


def _fewer_spheres(spheres: Spheres, bodies: set[str]) -> Spheres:
    kept = np.array([body not in bodies for body in spheres.body])
    place = np.cumsum(kept) - 1
    pairs = np.asarray(spheres.pairs, dtype=int).reshape(-1, 2)
    return Spheres(
        spheres.link[kept],
        spheres.centre[kept],
        spheres.radius[kept],
        tuple(body for body in spheres.body if body not in bodies),
        place[pairs[kept[pairs].all(axis=1)]],
    )


def _fewer_hulls(hulls: Hulls, bodies: set[str]) -> Hulls:
    kept = [k for k, body in enumerate(hulls.body) if body not in bodies]
    parts = [hulls.vertices[hulls.first[k] : hulls.first[k + 1]] for k in kept]
    return Hulls(
        hulls.link[kept],
        tuple(hulls.body[k] for k in kept),
        np.cumsum([0, *map(len, parts)]),
        np.concatenate(parts),
    )
