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
        policy: A policy's folder; None takes the shipped one, if the scene is a shipped one and has any.
    Raises:
        WeightsError: the policy is cut short, or was trained for another scene or robot.
    """
    folder = policy or _shipped_policy(scene)
    planners: list[Planner] = []
    if folder is not None:
        # torch takes two seconds to import: only where a policy is used.
        from robolab.learning.policy import Policy
        from robolab.planning.learned import LearnedPlanner

        planners.append(LearnedPlanner(Policy.load(folder, scene, robot)))
    return Portfolio([*planners, DirectPlanner(), OmplPlanner()])


def _shipped_policy(scene: SceneSpec) -> Path | None:
    """Return the shipped policy of a shipped scene; a user's copy of one is another cell."""
    folder = shipped("policies") / scene.name
    ours = scene.folder.resolve() == shipped("scenes").resolve()
    return folder if ours and folder.is_dir() else None
