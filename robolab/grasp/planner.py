"""From a depth image to grasps, best first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.grasp.network import GraspNetwork, log_odds
from robolab.perception.grasp_candidates import (
    Candidates,
    Hand,
    antipodal_score,
    near_candidates,
    sample_candidates,
)
from robolab.perception.heightmap import Heightmap, Region, heightmap

LEAST_SEEN = 0.3
"""Share of the region that has to be seen; a planner that sees less proposes nothing."""
_JUDGED = 300
"""Candidates that the network looks at first."""
_REFINED, _NEAR = 8, 25
"""Best ones that others are drawn close to, and how many for each."""


@dataclass(frozen=True)
class GraspProposal:
    """Attributes:
    X_world_tcp: Hand with its frame between the ends of the fingers: x closes, z points out of the hand, shape (4, 4).
    width: Between the fingers on the way there [m].
    probability: That the grasp holds, 0 to 1.
    """

    X_world_tcp: Array
    width: float
    probability: float

    @property
    def yaw(self) -> float:
        """Of the closing axis about the vertical [rad]."""
        return float(np.arctan2(self.X_world_tcp[1, 0], self.X_world_tcp[0, 0]))


@dataclass(frozen=True)
class Proposals:
    """Attributes:
    grasps: Best first.
    reason: Why there are none; empty where there are some.
    """

    grasps: tuple[GraspProposal, ...]
    reason: str = ""


class Judge(Protocol):
    """Says how good candidates are: the log odds that they hold."""

    def __call__(self, seen: Heightmap, candidates: Candidates, hand: Hand) -> np.ndarray: ...


@dataclass(frozen=True)
class GraspPlanner:
    """Proposes grasps from straight above.

    Attributes:
        judge: Says how good a candidate is.
        hand: That is to grasp.
        region: Of the table that counts.
        seed: The same image gives the same grasps.
        least: Probability below which a grasp is not proposed.
    """

    judge: Judge
    hand: Hand = field(default_factory=Hand)
    region: Region = field(default_factory=Region)
    seed: int = 0
    least: float = 0.05

    def propose(self, depth: np.ndarray, intrinsics: Array, X_world_cam: Array) -> Proposals:
        """Find grasps in a depth image.

        Args:
            depth: Along the optical axis, shape (h, w) [m]; 0, NaN and infinity count as not seen.
            intrinsics: Camera matrix, shape (3, 3) [pixels].
            X_world_cam: OpenCV's camera, +z forward, +y down, shape (4, 4).
        Raises:
            BadInput: the image or the camera's matrices have the wrong shape, or numbers that are not finite.
        """
        seen = heightmap(depth, intrinsics, X_world_cam, self.region)
        share = float(seen.seen.mean())
        if share < LEAST_SEEN:
            return Proposals(
                (), f"{100 * share:.0f} % of the region seen, {100 * LEAST_SEEN:.0f} % needed"
            )
        found, odds = self.judged(seen, stream(self.seed, "grasp", "candidates"))
        if not len(found):
            high = seen.heights > 2.0 * self.hand.floor
            what = "nothing that fits between the fingers" if high.any() else "nothing"
            return Proposals((), f"{what} stands out of the table")
        best = 1.0 / (1.0 + np.exp(-float(odds.max())))
        if best < self.least:
            needed = f"{self.least:.2f} needed"
            return Proposals((), f"the best grasp holds with a probability of {best:.2f}, {needed}")
        return Proposals(self._listed(found, odds))

    def judged(self, seen: Heightmap, rng: np.random.Generator) -> tuple[Candidates, np.ndarray]:
        """Draw candidates, others close to the best of them, and return all with their log odds, shape (n,)."""
        first = sample_candidates(seen, self.hand, rng)
        if len(first) > _JUDGED:
            first = first.some(rng.choice(len(first), _JUDGED, replace=False))
        odds = self.judge(seen, first, self.hand)
        about = first.poses[np.argsort(-odds)[:_REFINED]]
        near = near_candidates(seen, self.hand, about, rng, _NEAR)
        return joined(first, near), np.append(odds, self.judge(seen, near, self.hand))

    def _listed(self, candidates: Candidates, odds: np.ndarray) -> tuple[GraspProposal, ...]:
        order = np.argsort(-odds, kind="stable")
        chances = 1.0 / (1.0 + np.exp(-odds))
        middle = np.append(self.region.middle, 0.0)
        return tuple(
            GraspProposal(
                pose_from_above(candidates.poses[n] + middle),
                float(candidates.widths[n]),
                float(chances[n]),
            )
            for n in order
            if chances[n] >= self.least
        )


def joined(a: Candidates, b: Candidates) -> Candidates:
    """Return candidates one after the other."""
    return Candidates(
        np.concatenate([a.poses, b.poses]),
        np.concatenate([a.widths, b.widths]),
        np.concatenate([a.features, b.features]),
    )


def pose_from_above(pose: Array) -> Array:
    """Return X_world_tcp of x, y, z [m] and yaw of the closing axis [rad]."""
    c, s = np.cos(pose[3]), np.sin(pose[3])
    X = np.eye(4)
    X[:3, :3] = [[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, -1.0]]
    X[:3, 3] = pose[:3]
    return X


@dataclass(frozen=True)
class ByNetwork:
    """Judges by a trained network."""

    network: GraspNetwork

    def __call__(self, seen: Heightmap, candidates: Candidates, hand: Hand) -> np.ndarray:
        return log_odds(self.network, seen, candidates, hand)


def by_geometry(seen: Heightmap, candidates: Candidates, hand: Hand) -> np.ndarray:
    """Judge by how well the sides face each other and how deep the fingers go: the baseline without learning."""
    del seen
    return antipodal_score(candidates, hand)
