"""Draw a pile as a camera sees it, with the best grasps that are proposed: docs/images/grasp.png.

python scripts/draw_grasp.py --pile 3 --out docs/images/grasp.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from robolab.core.rng import stream
from robolab.core.transforms import Array, apply, inverse
from robolab.grasp.planner import ByNetwork, GraspPlanner, GraspProposal
from robolab.grasp.policy import load_grasp
from robolab.sensors.rgbd import noisy_depth
from robolab.sim.camera import Intrinsics
from robolab.sim.clutter import Clutter
from robolab.sim.clutter_bodies import PAD, THICK
from robolab.tasks.clear_case import NOISE, TEST, camera_pose, random_items

LENS = Intrinsics.of_fov(640, 640, 38.0)
SHOWN = 6
APART = 0.03
"""Proposals nearer to a better one are not drawn [m]."""


def spread(grasps: tuple[GraspProposal, ...]) -> list[GraspProposal]:
    """The best grasps that are some way from each other."""
    chosen: list[GraspProposal] = []
    for one in grasps:
        at = one.X_world_tcp[:3, 3]
        if all(np.linalg.norm(at - other.X_world_tcp[:3, 3]) > APART for other in chosen):
            chosen.append(one)
    return chosen[:SHOWN]


def outline(one: GraspProposal, X_world_cam: Array) -> list[list[tuple[float, float]]]:
    """Both fingers' ends and the line between them, in pixels."""
    inner, half = one.width / 2.0, PAD / 2.0
    shapes = [np.array([[-inner, 0.0, 0.0], [inner, 0.0, 0.0]])]
    for sign in (-1.0, 1.0):
        a, b = sign * inner, sign * (inner + THICK)
        shapes.append(
            np.array([[a, -half, 0], [b, -half, 0], [b, half, 0], [a, half, 0], [a, -half, 0]])
        )
    X_cam_tcp = inverse(X_world_cam) @ one.X_world_tcp
    return [[(float(u), float(v)) for u, v in LENS.project(apply(X_cam_tcp, s))] for s in shapes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pile", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--policy", type=Path, help="Folder; without it, what is shipped.")
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    rng = stream(wanted.seed, "drawing", wanted.pile)
    with Clutter() as clutter:
        clutter.drop(random_items(rng, TEST), rng)
        X = camera_pose(rng)
        picture = clutter.picture(LENS, X)
    depth = np.where(picture.bodies >= 0, picture.depth, np.float32(0.0))
    planner = GraspPlanner(ByNetwork(load_grasp(wanted.policy)))
    found = planner.propose(noisy_depth(depth, NOISE, rng), LENS.matrix(), X)
    image = Image.fromarray(picture.colour)
    pen = ImageDraw.Draw(image)
    for one in reversed(spread(found.grasps)):
        red = round(255 * (1.0 - one.probability))
        colour = (red, round(200 * one.probability), 40)
        shapes = outline(one, X)
        for shape in shapes:
            pen.line(shape, fill=colour, width=3)
        u, v = shapes[1][0]
        pen.text((u + 4, v + 4), f"{one.probability:.2f}", fill=(0, 0, 0), font_size=16)
    image.save(wanted.out)


if __name__ == "__main__":
    main()
