"""Make what the fin-ray fingers look like: of each segment its stretch of either beam, and the rib at its end.

    .venv/bin/python scripts/make_finray_meshes.py

Sizes are those in the tool's file. Contacts and planning use the boxes of its URDF, each as deep as its segment is on average.
"""

from __future__ import annotations

import numpy as np
import trimesh
import yaml

from robolab.core.assets import descriptions
from robolab.core.transforms import Array
from robolab.robots.finray import FinRay

FOLDER = descriptions() / "finray_hand"
SEGMENTS = 4


def prism(outline: Array, width: float) -> trimesh.Trimesh:
    """A convex outline in y and z, shape (n, 2) [m], as thick along x as told."""
    ends = [np.insert(outline, 0, x, axis=1) for x in (-width / 2, width / 2)]
    return trimesh.convex.convex_hull(np.vstack(ends))


def segment(finger: FinRay, k: int) -> trimesh.Trimesh:
    """Segment `k` from the base, in the frame of its joint: y goes to the back beam, z to the tip."""
    step = finger.length / finger.segments

    def outer(z: float) -> float:
        return max(finger.depth * (1.0 - (k * step + z) / finger.length), finger.beam)

    beam = finger.beam
    front = [(0.0, 0.0), (beam, 0.0), (beam, step), (0.0, step)]
    back = [
        (outer(0.0) - beam, 0.0),
        (outer(0.0), 0.0),
        (outer(step), step),
        (outer(step) - beam, step),
    ]
    low = step - finger.rib
    rib = [(0.0, low), (outer(low), low), (outer(step), step), (0.0, step)]
    parts = [prism(np.array(outline), finger.width) for outline in (front, back, rib)]
    whole = trimesh.util.concatenate(parts)
    assert isinstance(whole, trimesh.Trimesh)
    return whole


def main() -> None:
    figures = yaml.safe_load((FOLDER / "tool.yaml").read_text(encoding="utf-8"))["gripper"][
        "figures"
    ]
    finger = FinRay.of_figures(figures, SEGMENTS)
    for k in range(SEGMENTS):
        file = FOLDER / f"segment{k + 1}.obj"
        obj = segment(finger, k).export(
            file_type="obj", digits=6, include_normals=False, header=None
        )
        assert isinstance(obj, str)
        file.write_text(obj, encoding="utf-8")
        print(file.name)


if __name__ == "__main__":
    main()
