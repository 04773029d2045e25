"""The planner for a cell: the learned policy first where there is one, then what plans anywhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from robolab.core.assets import shipped
from robolab.learning.identity import trained_for
from robolab.planning.contract import Planner
from robolab.planning.deferred import Deferred
from robolab.planning.portfolio import DirectPlanner, Portfolio, ShapedPlanner
from robolab.planning.sampling import OmplPlanner
from robolab.planning.tree import TreePlanner
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from robolab.scene.spec import SceneSpec

_ANY = "any_"
"""Begins the names of scenes whose surroundings are drawn, and of the policies that are trained there."""


def policy_for(scene: SceneSpec, policy: Path | None) -> Path | None:
    """Return the policy's folder that plans in a scene: a given one, or the shipped one of a shipped scene."""
    return policy or _shipped_policy(scene)


def planner_for(scene: SceneSpec, robot: RobotModel, policy: Path | None) -> Portfolio:
    """Return the planner for a scene.

    Args:
        policy: A policy's folder; None takes the shipped one, if the scene is a shipped one and has any.
    Raises:
        WeightsError: the policy is cut short, or was trained for another scene or robot.
    """
    folder = policy_for(scene, policy)
    planners: list[Planner] = []
    if folder is not None:
        # torch takes two seconds to import: only where a policy is used.
        from robolab.learning.policy import Policy
        from robolab.planning.learned import LearnedPlanner

        planners.append(LearnedPlanner(Policy.load(folder, scene, robot)))
    return Portfolio([*planners, *anywhere(None if planners else robot).planners])


def anywhere(robot: RobotModel | None) -> Portfolio:
    """Return what plans in any surroundings: the straight line, the same bent by gradients, two trees, and OMPL.

    Args:
        robot: Where robolab ships a policy for any scene of it, that proposes as well, loaded when it is first asked;
            None leaves it out.
    """
    proposed = [] if robot is None else _proposed(robot)
    # The line that gradients bend comes first: where that does, it is quicker than asking the network.
    return Portfolio([DirectPlanner(), ShapedPlanner(), *proposed, TreePlanner(), OmplPlanner()])


def _proposed(robot: RobotModel) -> list[Planner]:
    folders = sorted(shipped("policies").glob(f"{_ANY}*"))
    own = [folder for folder in folders if trained_for(folder, robot)]
    return [Deferred("proposed", partial(_loaded, folder, robot)) for folder in own[:1]]


def _loaded(folder: Path, robot: RobotModel) -> Planner:
    from robolab.learning.policy import Policy
    from robolab.planning.proposed import ProposedPlanner

    return ProposedPlanner(Policy.load(folder, load_scene(folder.name), robot))


def _shipped_policy(scene: SceneSpec) -> Path | None:
    """Return the shipped policy of a shipped scene; a user's copy of one is another cell."""
    if scene.name.startswith(_ANY):
        return None
    folder = shipped("policies") / scene.name
    ours = scene.folder.resolve() == shipped("scenes").resolve()
    return folder if ours and folder.is_dir() else None
