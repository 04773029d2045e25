"""The planner for a cell: the learned policy first where there is one, then the straight line, then OMPL."""

from __future__ import annotations

from pathlib import Path

from robolab.core.assets import shipped
from robolab.planning.contract import Planner
from robolab.planning.portfolio import DirectPlanner, Portfolio
from robolab.planning.sampling import OmplPlanner
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec


def planner_for(scene: SceneSpec, robot: RobotModel, policy: Path | None) -> Planner:
    """Return the planner for a scene.

    Args:
        policy: A policy's folder; None takes the shipped one of the scene's name, if any.
    Raises:
        WeightsError: the policy is cut short, or was trained for another scene or robot.
    """
    folder = policy or shipped("policies") / scene.name
    planners: list[Planner] = []
    if policy is not None or folder.is_dir():
        # torch takes two seconds to import: only where a policy is used.
        from robolab.learning.policy import Policy
        from robolab.planning.learned import LearnedPlanner

        planners.append(LearnedPlanner(Policy.load(folder, scene, robot)))
    return Portfolio([*planners, DirectPlanner(), OmplPlanner()])
