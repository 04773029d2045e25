"""A trained policy: a folder of recipe, weights, processor, certainty, metrics and card, and what it proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from pydantic import ValidationError
from torch import Tensor

from robolab.core.errors import WeightsError
from robolab.core.files import content_hash, write_bytes, write_json, write_text
from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.learning import weights
from robolab.learning.cell import Cell, cell_digest, cell_of
from robolab.learning.certainty import CERTAINTY, Certainty, describe, read_certainty
from robolab.learning.identity import METRICS, PROCESSOR, read_processor, read_text, robot_digest
from robolab.learning.network import ProposalNetwork
from robolab.learning.objective import Objective
from robolab.learning.problems import Pairs
from robolab.learning.processor import Layout, Processor
from robolab.learning.propose import ideas, new_network
from robolab.learning.rank import Proposals, Ranking, judge, rank, rank_by_certainty
from robolab.learning.recipe import Recipe
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec

RECIPE, WEIGHTS = "recipe.yaml", "weights.safetensors"
CARD = "CARD.md"


@dataclass(frozen=True)
class Policy:
    """A network with everything needed to use it in its cell.

    Attributes:
        certainty: How sure to be of its proposals; None where that was never learned.
    """

    cell: Cell
    recipe: Recipe
    layout: Layout
    network: ProposalNetwork
    processor: Processor
    objective: Objective
    certainty: Certainty | None = None

    @staticmethod
    def load(folder: Path, scene: SceneSpec, robot: RobotModel) -> Policy:
        """Load a policy for a scene, realised or not.

        Raises:
            WeightsError: a file is missing, cut short or damaged, or the policy was trained for another
                scene or robot; the message names both. A policy without `certainty.json` loads.
        """
        content = read_processor(folder)
        _check_identity(content, folder / PROCESSOR, scene, robot)
        stored = read(folder)
        policy = Policy.build(cell_of(scene, robot), stored.recipe, stored.layout)
        weights.into_module(stored.tensors, policy.network, folder / WEIGHTS)
        certainty = read_certainty(folder, content_hash(folder / WEIGHTS))
        return replace(policy, certainty=certainty)

    @staticmethod
    def build(cell: Cell, recipe: Recipe, layout: Layout) -> Policy:
        """Put a policy together with fresh weights."""
        network = new_network(recipe, layout, seed=0).requires_grad_(False)
        clearance = cell.cost(recipe.slack)
        objective = Objective(
            clearance, cell.robot.limits, recipe, cell.scene.requirements.tool_speed
        )
        return Policy(cell, recipe, layout, network, Processor(layout, cell, clearance), objective)

    def situation(self, poses: Mapping[str, Array], carried: str | None) -> Situations:
        """Describe one problem's movable objects.

        Args:
            poses: X_world_obj by name of those that stand in the way; unknown names are ignored.
            carried: Name of the held object, or None.
        """
        X = np.stack(
            [np.asarray(poses.get(name, np.eye(4))) for name in self.cell.names] or [np.eye(4)]
        )
        names = self.cell.names
        present = np.array([name in poses for name in names], dtype=bool)
        held = names.index(carried) if carried in names else -1
        return self.cell.situations(X[None, : len(names)], present[None], np.array([held]))

    def propose(self, start: Array, goals: Array, situation: Situations) -> Array:
        """Propose curves to each goal; see `consider`."""
        return self.consider(start, goals, situation).points

    def consider(self, start: Array, goals: Array, situation: Situations) -> Proposals:
        """Propose curves to each goal.

        Args:
            start: Shape (n,) [rad].
            goals: Shape (k, n) [rad].
            situation: Of one problem.
        Returns:
            Control points in float64, the ends exact, the rest within the joint limits; and what the
            network's corrections changed.
        """
        goals = np.atleast_2d(goals)
        many = situation.take(np.zeros(len(goals), dtype=int))
        pairs = Pairs(
            np.tile(start, (len(goals), 1)).astype(np.float32), goals.astype(np.float32), many
        )
        with torch.inference_mode():
            curves = ideas(self.network, self.processor, pairs, self.recipe.corrections)
            moved = (curves[-1] - curves[0]).abs().amax((2, 3)).numpy().astype(float)
        return Proposals(self.exact_ends(curves[-1].numpy().astype(float), start, goals), moved)

    def rank(self, proposals: Proposals, situation: Situations) -> Ranking:
        """Order the proposals for one problem: by how sure to be of them, where that was learned."""
        if self.certainty is None:
            return rank(proposals.points, situation, self.objective)
        return rank_by_certainty(proposals, situation, self.objective, self.certainty)

    def describe(self, proposals: Proposals, situation: Situations) -> Array:
        """What certainty goes by: features of the proposals for one problem, shape (k, K, F)."""
        return describe(*proposals, judge(proposals.points, situation, self.objective))

    def exact_ends(self, points: Array, start: Array, goals: Array) -> Array:
        """Put start and goals in full precision at the ends, and the inner points within the limits."""
        limits = self.cell.robot.limits
        result = np.clip(points, limits.lower, limits.upper)
        result[:, :, 0], result[:, :, -1] = start, goals[:, None]
        return result


@dataclass(frozen=True)
class Stored:
    """A policy's files, whichever scene and robot they are for: `identity` names them."""

    identity: Mapping[str, Any]
    recipe: Recipe
    layout: Layout
    tensors: dict[str, Tensor]


def read(folder: Path) -> Stored:
    """Read a policy's files.

    Raises:
        WeightsError: a file is missing, cut short or damaged.
    """
    content = read_processor(folder)
    try:
        recipe = Recipe.model_validate(yaml.safe_load(read_text(folder / RECIPE))["recipe"])
    except (yaml.YAMLError, ValidationError, KeyError, TypeError) as error:
        raise WeightsError("is not a recipe", file=folder / RECIPE) from error
    layout = _layout(content, folder / PROCESSOR)
    return Stored(content["for"], recipe, layout, weights.read(folder / WEIGHTS))


def write(
    folder: Path, policy: Policy, run: Mapping[str, Any], metrics: Mapping[str, Any], card: str
) -> None:
    """Write a policy's files into an existing folder; weights in half precision."""
    scene, robot = policy.cell.scene, policy.cell.robot
    recipe = {"run": dict(run), "recipe": policy.recipe.model_dump()}
    write_text(folder / RECIPE, yaml.safe_dump(recipe, sort_keys=False))
    halved = {k: v.half() for k, v in policy.network.state_dict().items()}
    write_bytes(folder / WEIGHTS, weights.to_bytes(halved))
    if policy.certainty is not None:
        write_certainty(folder, policy.certainty)
    identity = {
        "scene": scene.name,
        "cell": cell_digest(scene, robot),
        "robot": robot.name,
        "robot_digest": robot_digest(robot),
    }
    write_json(folder / PROCESSOR, {"for": identity, "layout": asdict(policy.layout)})
    write_json(folder / METRICS, metrics)
    write_text(folder / CARD, card)


def write_certainty(folder: Path, certainty: Certainty) -> None:
    """Write a certainty beside the weights that it belongs to from now on."""
    owned = certainty.model_copy(update={"weights": content_hash(folder / WEIGHTS)})
    write_json(folder / CERTAINTY, owned.model_dump())


def _check_identity(
    content: dict[str, Any], path: Path, scene: SceneSpec, robot: RobotModel
) -> None:
    trained, digest = content["for"], robot_digest(robot)
    if trained.get("robot") != robot.name or trained.get("robot_digest") != digest:
        raise WeightsError(
            f"was trained for robot {trained.get('robot')!r} ({trained.get('robot_digest')})",
            file=path,
            expected=f"robot {robot.name!r} ({digest}) of scene {scene.name!r}",
        )
    if trained.get("cell") != cell_digest(scene, robot):
        raise WeightsError(
            f"was trained for scene {trained.get('scene')!r} as it was ({trained.get('cell')})",
            file=path,
            expected=f"scene {scene.name!r} as it is ({cell_digest(scene, robot)}); train it again",
        )


def _layout(content: dict[str, Any], path: Path) -> Layout:
    try:
        return Layout.from_json(content["layout"])
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError("has no usable layout", file=path) from error
