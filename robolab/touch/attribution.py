"""What a network looked at: by how much each taxel has moved its answer, and that drawn on the fingers.

References: Sundararajan, Taly and Yan (2017), integrated gradients. What all taxels have done adds up to the answer less that for
    a touch like any other, up to the sum that stands for the integral.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import torch
from torch import Tensor

from robolab.core.transforms import Array
from robolab.touch.electrodes import Layout

_STEPS = 32
_WIDE, _HIGH, _EDGE, _DOT = 120.0, 170.0, 22.0, 7.0
"""Of a finger's picture, its edge, and a taxel [px]."""
_FOOT = 34.0


def integrated_gradients(
    answer: Callable[[Tensor], Tensor], x: Tensor, steps: int = _STEPS
) -> Array:
    """Return what each number of x has moved the answer by, from zero on, shape of x.

    Args:
        answer: From (B, ...) to (B,).
        x: Shape (B, ...).
        steps: Points of the straight way from zero to x.
    """
    total = torch.zeros_like(x)
    for k in range(steps):
        at = ((k + 0.5) / steps * x).detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(answer(at).sum(), at)
        total += gradient
    moved: Array = (x * total / steps).detach().numpy().astype(np.float64)
    return moved


def heat_map(
    layout: Layout,
    fingers: Sequence[str],
    heat: Array,
    title: str,
    says: str = "red: towards a slip, blue: towards a hold",
) -> str:
    """Draw what taxels have moved on the unrolled pads of fingers, as SVG: above zero red, below blue.

    Args:
        heat: Shape (fingers, taxels); NaN for a dead taxel, which is drawn hollow.
        says: What the colours mean.
    """
    most = float(np.nanmax(np.abs(heat), initial=0.0)) or 1.0
    width, height = _WIDE * len(fingers), _HIGH + 2.0 * _EDGE + _FOOT
    parts = [f"<title>{escape(title)}</title>", _text(width / 2.0, 14.0, title, 11.0)]
    pad = layout.pad()
    for k, finger in enumerate(fingers):
        middle = _WIDE * (k + 0.5)
        parts.append(_outline(middle))
        for (side, along), value in zip(_placed(pad, middle), heat[k], strict=True):
            parts.append(_dot(side, along, value, value / most))
        parts.append(_text(middle, _HIGH + 2.0 * _EDGE + 6.0, finger, 11.0))
    scale = f"largest: {most:.2f} of log odds; {says}"
    parts.append(_text(width / 2.0, height - 8.0, scale, 9.0))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'font-family="sans-serif" fill="#333">{"".join(parts)}</svg>\n'
    )


def _placed(pad: Array, middle: float) -> Array:
    """Where taxels are on the picture, shape (n, 2) [px], the finger's end above."""
    size = np.ptp(pad, axis=0)
    scale = min((_WIDE - 2.0 * _EDGE) / size[0], (_HIGH - 2.0 * _EDGE) / size[1])
    off = (pad - (pad.max(axis=0) + pad.min(axis=0)) / 2.0) * scale
    return np.column_stack([middle + off[:, 0], _EDGE + _HIGH / 2.0 - off[:, 1]])


def _outline(middle: float) -> str:
    half = _WIDE / 2.0 - 6.0
    return (
        f'<path d="M{middle - half:g} {_EDGE + _HIGH:g}V{_EDGE + half:g}'
        f'a{half:g} {half:g} 0 0 1 {2.0 * half:g} 0V{_EDGE + _HIGH:g}z" '
        'fill="#f6f6f4" stroke="#bbb"/>'
    )


def _dot(x: float, y: float, value: float, share: float) -> str:
    at = f'cx="{x:.1f}" cy="{y:.1f}" r="{_DOT:g}"'
    if not np.isfinite(value):
        return f'<circle {at} fill="none" stroke="#bbb" stroke-dasharray="2 2"/>'
    fade = round(255.0 * (1.0 - abs(share)))
    colour = f"rgb(255,{fade},{fade})" if share > 0.0 else f"rgb({fade},{fade},255)"
    return f'<circle {at} fill="{colour}" stroke="#777"><title>{value:+.3f}</title></circle>'


def _text(x: float, y: float, text: str, size: float) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="middle">{escape(text)}</text>'
    )
