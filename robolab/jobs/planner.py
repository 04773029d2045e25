"""The planner for a cell: the learned policy first where there is one, then what plans anywhere."""

from __future__ import annotations

from pathlib import Path

from robolab.core.assets import shipped
from robolab.planning.contract import Planner
from robolab.planning.portfolio import DirectPlanner, Portfolio, ShapedPlanner
from robolab.planning.sampling import OmplPlanner
from robolab.planning.tree import TreePlanner
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
    return Portfolio([*planners, *anywhere().planners])


def anywhere() -> Portfolio:
    """Return what plans in any surroundings: the straight line, the same bent by gradients, two trees, and OMPL."""
    return Portfolio([DirectPlanner(), ShapedPlanner(), TreePlanner(), OmplPlanner()])


def _shipped_policy(scene: SceneSpec) -> Path | None:
    """Return the shipped policy of a shipped scene; a user's copy of one is another cell."""
    folder = shipped("policies") / scene.name
    ours = scene.folder.resolve() == shipped("scenes").resolve()
    return folder if ours and folder.is_dir() else None
