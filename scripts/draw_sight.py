"""Draw the depth of unseen pallets, the faces found by the network, and by geometry alone: docs/images/sight.jpg.

python scripts/draw_sight.py --pallet mixed:21 --pallet hard:2 --pallet easy:4 --out docs/images/sight.jpg
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast, get_args

import numpy as np
from PIL import Image, ImageDraw

from robolab.core.assets import shipped
from robolab.core.files import write_bytes
from robolab.core.rng import stream
from robolab.jobs.pallet_film import strip
from robolab.jobs.pallet_picture import FOUND, jpeg
from robolab.perception.faces import EdgeNetwork, look
from robolab.sensors.depth_faults import DepthFaults
from robolab.sight.network import load_edges
from robolab.tasks.pallet_case import ArmKind, Level, Pallet, draw_pallet
from robolab.tasks.pallet_view import Photo, overhead, photograph

WIDTH = 400
"""Of one picture [pixels]."""
ABOVE_DECK = 0.05
"""What lies lower is no case [m]."""


def taken(pallet: Pallet) -> Photo:
    """A photo from the camera's place in the cell, with a real one's faults."""
    rng = stream(pallet.seed, "drawing", "sight")
    return photograph(pallet.cases, pallet.deck, overhead(pallet.deck), DepthFaults(), rng)


def depth_of(photo: Photo) -> Image.Image:
    """The depth image, near is light, what is missing black."""
    known = photo.depth > 0.0
    near, far = np.percentile(photo.depth[known], (1, 99))
    grey = np.clip((far - photo.depth) / (far - near), 0.0, 1.0)
    return small(Image.fromarray(np.where(known, 55 + 200 * grey, 0).astype(np.uint8)))


def found_in(photo: Photo, network: EdgeNetwork | None, lowest: float) -> Image.Image:
    """The colour image with outline and confidence of each face that is found."""
    image = Image.fromarray(photo.colour)
    draw = ImageDraw.Draw(image)
    eyes = (photo.intrinsics, photo.X_world_cam, network, lowest)
    for face in look(photo.colour, photo.depth, *eyes).faces:
        corners = [(float(u), float(v)) for u, v in face.polygon]
        draw.line([*corners, corners[0]], fill=FOUND, width=4)
        middle = (float(face.polygon[:, 0].mean()), float(face.polygon[:, 1].mean()))
        words = f"{face.confidence:.2f}"
        draw.text(
            middle, words, "white", anchor="mm", font_size=19, stroke_width=2, stroke_fill="black"
        )
    return small(image)


def small(image: Image.Image) -> Image.Image:
    """A picture as it goes onto the sheet."""
    size = (WIDTH, round(WIDTH * image.height / image.width))
    return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def row(pallet: Pallet, network: EdgeNetwork) -> list[Image.Image]:
    """Depth, what the network finds, and what geometry alone does."""
    photo, lowest = taken(pallet), pallet.deck.top + ABOVE_DECK
    pictures = [found_in(photo, eyes, lowest) for eyes in (network, None)]
    return [depth_of(photo), *pictures]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pallet", action="append", required=True, help="LEVEL:SEED, again")
    parser.add_argument("--arm", choices=get_args(ArmKind), default="palletiser")
    parser.add_argument("--policy", type=Path, default=shipped("policies") / "sight")
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    network = load_edges(wanted.policy)
    rows = []
    for name in wanted.pallet:
        level, seed = name.split(":")
        pallet = draw_pallet(cast(Level, level), int(seed), "unseen", wanted.arm)
        rows.append(row(pallet, network))
    write_bytes(wanted.out, jpeg(strip(rows)))


if __name__ == "__main__":
    main()
