"""Draw what an optical fingertip sees: objects, the images of them, and how far the gel gives way.

python scripts/draw_fingertip.py docs/images/fingertip.jpg
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from robolab.core.transforms import Array, pose_rpy
from robolab.scene.spec import BoxShape, CylinderShape
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.gel import Gel
from robolab.sensors.relief import Body, Texture, body_of, gap_of
from robolab.touch.tip_draw import random_object
from robolab.touch.tip_frames import Tip

_WIDE = Gel(pitch=160e-6)
"""The field of the pictures of objects: 2.8 times a fingertip's."""
_MARGIN, _TITLE = 12, 26
_COLOURS = np.array(
    [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]], float
)
_PAPER, _INK = (255, 255, 255), (40, 44, 52)


def cases(rng: np.random.Generator) -> list[tuple[str, Body, Array, Load]]:
    """What is touched, how it lies, and how it is pressed and dragged."""
    rough = Texture.drawn(15e-6, 4e-4, rng)
    fine = Texture.drawn(2e-6, 3e-4, rng)
    found = random_object(812), random_object(871)
    assert found[0] is not None
    assert found[1] is not None
    return [
        ("rod, R_a 2 um, 5 N", body_of(CylinderShape(type="cylinder", radius=0.006, length=0.024), None, fine), pose_rpy((0.0, 0.0, 0.02), (0.0, np.pi / 2.0, 0.4)), Load(5.0, (0.6, 0.0), 0.0, 0.8)),
        ("block, R_a 15 um, 8 N and 2 N aside", body_of(BoxShape(type="box", size=(0.011, 0.015, 0.02)), None, rough), pose_rpy((0.001, 0.0, 0.02), (0.02, 0.03, 0.5)), Load(8.0, (-1.5, 1.3), 0.0, 0.8)),
        ("random object 812, 4 N", Body(None, found[0][0]), pose_rpy((0.0, 0.0, 0.1), (0.5, 0.3, 0.2)), Load(4.0)),
        ("random object 871, twisted, 6 N", Body(None, found[1][0]), pose_rpy((0.0, 0.0, 0.1), (2.2, 0.4, 1.2)), Load(6.0, (0.0, 0.0), 4e-3, 1.0)),
    ]  # fmt: skip


def centred(body: Body, X: Array) -> Array:
    """The same pose, shifted so that what is nearest lies before the fingertip's middle."""
    X = X.copy()
    if len(body.triangles):
        corners = body.triangles.reshape(-1, 3) @ X[:3, :3].T
        X[:2, 3] = -corners[corners[:, 2] < corners[:, 2].min() + 3e-4].mean(axis=0)[:2]
    return X


def object_picture(body: Body, X: Array) -> Image.Image:
    """The object as the finger faces it, with the fingertip's field around its middle."""
    gap = gap_of(_WIDE, [(body, X)])
    there = gap < 0.9
    down, along = np.gradient(np.where(there, gap, gap[there].max()), _WIDE.pitch)
    slope = 1.0 / np.sqrt(1.0 + down**2 + along**2)
    light = np.clip(0.25 + 0.55 * slope - 0.35 * slope * (along + down) * -0.5, 0.05, 1.0)
    colour = np.where(there[..., None], light[..., None] * np.array([196, 164, 120.0]), 245.0)
    picture = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))
    width, height = (round(n * 58e-6 / _WIDE.pitch) for n in (320, 240))
    box = (160 - width // 2, 120 - height // 2, 160 + width // 2, 120 + height // 2)
    ImageDraw.Draw(picture).rectangle(box, outline=(200, 40, 40), width=1)
    return picture


def height_picture(height: np.ndarray, most: float) -> Image.Image:
    """The height map in colours, dark where the gel is at rest."""
    place = np.clip(height / most, 0.0, 1.0) * (len(_COLOURS) - 1)
    channels = [np.interp(place, np.arange(len(_COLOURS)), _COLOURS[:, c]) for c in range(3)]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def drawn() -> Image.Image:
    rng = np.random.default_rng(11)
    tip, columns = Tip(rng), cases(rng)
    width, height = 320, 240
    sheet = Image.new(
        "RGB",
        (len(columns) * (width + _MARGIN) + _MARGIN, 3 * (height + _TITLE) + 2 * _MARGIN),
        _PAPER,
    )
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for k, (title, body, start, load) in enumerate(columns):
        X = centred(body, start)
        told = touch(tip.gel, [(body, X)], load)
        most = float(told.pressed.height.max())
        rows = [
            (title, object_picture(body, X)),
            ("what the camera sees", Image.fromarray(tip.picture(told, rng))),
            (
                f"the gel gives way by up to {most * 1e3:.2f} mm",
                height_picture(told.pressed.height, most),
            ),
        ]
        for row, (text, picture) in enumerate(rows):
            x, y = _MARGIN + k * (width + _MARGIN), _MARGIN + row * (height + _TITLE)
            pen.text((x, y), text, _INK, font)
            sheet.paste(picture, (x, y + _TITLE - 4))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    drawn().save(arguments.out, quality=90)


if __name__ == "__main__":
    main()
