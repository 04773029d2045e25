"""The soft gel of an optical fingertip: how it gives way to what presses and drags on it.

The gel is a layer bonded to a rigid base. Its surface follows Vlasov's foundation of two figures, stiffness and spread,
that follow from thickness, modulus and Poisson's ratio when displacement falls off in straight lines through the layer.

The frame: origin at the middle of the gel's surface, +x along its columns, +y down its rows, +z outwards, to what
touches; it is the frame of the camera that looks at the surface from inside. Shapes are given as gaps: maps of the
nearest surface along +z.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import dctn, idctn

from robolab.core.transforms import Array
from robolab.kernels import compiled_gel

FAR = 0.005
"""A gap of this much or more is never closed [m]: more than the gel is thick."""
NOTHING = 1.0
"""The gap where there is no shape [m]."""
_LEVELS = 3
_SWEEPS = (60, 12, 8)
"""From the coarsest level on."""
_OVER = 1.6
_CELL = 8
"""Pixels along a side of a cell in which pressure and dragging are told."""
_STEPS = 80
_MOST = 0.7
"""Share of the thickness beyond which the rigid base bears what more is pressed."""
_BULGE = 0.15
"""How far the surface moves away from where it is pressed: share of thickness and slope."""


@dataclass(frozen=True)
class Gel:
    """A gel and the field that its camera sees; sources are in `docs/touch.md`.

    Attributes:
        thickness [m], modulus [Pa], poisson: Of the layer.
        rows, columns, pitch: Of the camera's pixels, on the surface [m].
        radius: Of a gel that is curved as a ball; 0 is flat [m].
        marks: Rows and columns of printed dots.
    """

    thickness: float = 4.25e-3
    modulus: float = 1.45e5
    poisson: float = 0.45
    rows: int = 240
    columns: int = 320
    pitch: float = 58e-6
    radius: float = 0.0
    marks: tuple[int, int] = (7, 9)

    @property
    def stiffness(self) -> float:
        """Pressure for each metre of even displacement [Pa/m]."""
        nu = self.poisson
        confined = self.modulus * (1.0 - nu) / ((1.0 + nu) * (1.0 - 2.0 * nu))
        return confined / self.thickness

    @property
    def length(self) -> float:
        """Distance over which the surface rises again beside what presses it [m]."""
        shear = self.modulus / (2.0 * (1.0 + self.poisson))
        return float(np.sqrt(shear * self.thickness / 3.0 / self.stiffness))

    @property
    def shear_stiffness(self) -> float:
        """Shear stress for each metre of even tangential displacement [Pa/m]."""
        return self.modulus / (2.0 * (1.0 + self.poisson)) / self.thickness

    @property
    def shear_length(self) -> float:
        """Distance over which the surface is dragged along beside what drags it [m]."""
        sheet = self.modulus * self.thickness / (1.0 - self.poisson**2) / 3.0
        return float(np.sqrt(sheet / self.shear_stiffness))

    @property
    def corner(self) -> tuple[float, float]:
        """Place of the first pixel, x and y [m]."""
        return -0.5 * (self.columns - 1) * self.pitch, -0.5 * (self.rows - 1) * self.pitch

    def rest(self) -> np.ndarray:
        """Height of the gel at rest above its middle, shape (rows, columns) [m]: zero where it is flat."""
        if self.radius <= 0.0:
            return np.zeros((self.rows, self.columns), np.float32)
        left, top = self.corner
        x = left + self.pitch * np.arange(self.columns)
        y = top + self.pitch * np.arange(self.rows)[:, None]
        return (-(x**2 + y**2) / (2.0 * self.radius)).astype(np.float32)

    def marks_at_rest(self) -> Array:
        """Where the printed dots are, shape (n, 2): x and y [pixels]."""
        rows, columns = self.marks
        y = (np.arange(rows) - (rows - 1) / 2.0) * self.rows / (rows + 0.5)
        x = (np.arange(columns) - (columns - 1) / 2.0) * self.columns / (columns + 1.0)
        at = np.meshgrid(x + (self.columns - 1) / 2.0, y + (self.rows - 1) / 2.0)
        return np.stack([at[0].ravel(), at[1].ravel()], axis=1).astype(float)

    def drawn(self, rng: np.random.Generator, spread: float) -> Gel:
        """Return a gel as it came out of its mould: thickness and modulus off by a share, standard deviation."""
        off = 1.0 + spread * np.clip(rng.standard_normal(2), -2.5, 2.5)
        thickness, modulus = self.thickness * float(off[0]), self.modulus * float(off[1])
        return replace(self, thickness=thickness, modulus=modulus)


@dataclass(frozen=True)
class Pressed:
    """What a press does to the gel.

    Attributes:
        height: Displacement away from what presses, shape (rows, columns), float32 [m].
        contact: Where the gel lies on what presses, shape (rows, columns).
        pressure: In cells of 8 by 8 pixels, shape (rows / 8, columns / 8) [Pa].
        depth: How far the shape has sunk below where it first touched [m].
        bottomed: Whether the rigid base bears a part.
    """

    height: np.ndarray
    contact: np.ndarray
    pressure: Array
    depth: float
    bottomed: bool


@dataclass(frozen=True)
class Dragged:
    """What friction does to the gel's surface.

    Attributes:
        field: Tangential displacement, shape (2, rows / 8, columns / 8) [m].
        sliding: Share of the pressed surface on which what touches slides.
        carried: How far the gel has gone along where it still holds, x and y [m]; what it holds has gone as far.
    """

    field: Array
    sliding: float
    carried: Array


def press(gel: Gel, gap: np.ndarray, force: float, softness: float = 0.0) -> Pressed:
    """Press a shape into the gel with a force.

    Args:
        gap: Of the shape above the gel's frame, shape (rows, columns) [m]; the shape may lie at any height.
        force: Normal [N]; what pressure sums to.
        softness: Of the shape: its give for each give of the gel.
    """
    if force <= 0.0 or float(gap.min()) >= NOTHING:
        return _untouched(gel)
    gap = (gap - gel.rest()) if gel.radius > 0.0 else gap
    gap = np.minimum((gap - gap.min()) / np.float32(1.0 + softness), np.float32(FAR))
    maps = [gap]
    for _ in range(_LEVELS):
        finest = maps[-1]
        maps.append(np.empty((finest.shape[0] // 2, finest.shape[1] // 2), np.float32))
        compiled_gel.coarser(finest, maps[-1])
    most = _MOST * gel.thickness
    total = force / gel.stiffness / gel.pitch**2
    depth, u = 0.0, _framed(maps[-1])
    for level in range(_LEVELS, 0, -1):
        scale = 2**level
        wanted, spread = total / scale**2, (gel.length / gel.pitch / scale) ** 2
        if level == _LEVELS:
            depth = compiled_gel.first_depth(maps[level], wanted)
        else:
            u = _finer(u, maps[level])
        sweeps = _SWEEPS[_LEVELS - level]
        depth = compiled_gel.sink(u, maps[level], depth, wanted, spread, most, sweeps, _OVER)
    pressure = _pressure(gel, u, (gel.length / gel.pitch / 2.0) ** 2, force)
    height = _settled(gel, _finer(u, gap), gap, depth, most)
    contact = height <= np.float32(depth) - gap + np.float32(1e-6)
    contact &= height > 0.0
    bottomed = depth > most
    if not bottomed:  # what the last steps left over, a few thousandths
        height *= np.float32(total / height.sum(dtype=float))
    return Pressed(height, contact, pressure, depth * (1.0 + softness), bottomed)


def roughen(
    gel: Gel, pressed: Pressed, texture: np.ndarray, roughness: float, correlation: float
) -> Pressed:
    """Let the gel follow a surface texture as far as the pressure drives it into its valleys.

    Args:
        texture: How far it stands out, shape (rows, columns) [m].
        roughness, correlation: R_a and the length over which heights are alike [m].
    References: Johnson, Contact Mechanics (1985), section 13.2: a wavy surface lies flat at pi E* a / wavelength.
    """
    stiff = gel.modulus / (1.0 - gel.poisson**2)
    amplitude, wavelength = roughness * np.sqrt(np.pi), correlation * np.pi * np.sqrt(2.0)
    flat = np.pi * stiff * amplitude / wavelength
    share = pressed.height * np.float32(gel.stiffness / max(flat, 1.0))
    share /= 1.0 + share
    added = np.where(pressed.contact, texture * share, np.float32(0.0))
    # Peaks and valleys leave the force as it is.
    added -= pressed.contact * (added.sum() / np.float32(max(pressed.contact.sum(), 1)))
    return replace(pressed, height=pressed.height + added)


def drag(
    gel: Gel, pressed: Pressed, shear: tuple[float, float], torque: float, friction: float
) -> Dragged:
    """Drag what presses along the gel; its rim, where it presses least, slides first.

    Args:
        shear: Force along x and y [N].
        torque: About z, through the middle of the pressure [N m].
        friction: Coefficient; the whole slides where the force reaches it times the normal one.
    """
    pressure = pressed.pressure
    traction = np.zeros((2, *pressure.shape))
    if not pressure.any():
        return Dragged(traction, 0.0, np.zeros(2))
    cell = gel.pitch * _CELL
    bound = friction * pressure * cell**2
    weight = pressure / pressure.sum()
    x = float((weight.sum(0) * np.arange(pressure.shape[1])).sum())
    y = float((weight.sum(1) * np.arange(pressure.shape[0])).sum())
    stuck = np.empty(pressure.shape, np.int8)
    wanted = (shear[0], shear[1], torque / cell)
    compiled_gel.grip(bound, wanted, (x, y), _STEPS, traction, stuck)
    touched = bound > 0.02 * bound.max()
    sliding = 1.0 - float((stuck[touched] > 0).mean())
    field = _spread(gel, traction / cell**2)
    # Where it presses most it holds to the last.
    holds = (stuck > 0) | (bound > 0.9 * bound.max())
    return Dragged(field, sliding, field[:, holds].mean(axis=1))


def moved_marks(gel: Gel, pressed: Pressed, dragged: Dragged) -> Array:
    """Return where the printed dots are, shape (n, 2) [pixels]."""
    marks = gel.marks_at_rest()
    if not pressed.pressure.any():
        return marks
    # The surface gives way from under what presses, towards where it is pressed less.
    coarse = pressed.height[_CELL // 2 :: _CELL, _CELL // 2 :: _CELL]
    down, along = np.gradient(coarse.astype(float), _CELL * gel.pitch)
    fall = np.stack([along, down])
    field = dragged.field - _BULGE * gel.thickness * fall
    return marks + _read(field, (marks + 0.5) / _CELL - 0.5).T / gel.pitch


def _spread(gel: Gel, stress: Array) -> Array:
    """Tangential displacement under shear stress, shape (2, rows, columns) [Pa], of a layer with a free edge."""
    rows, columns = stress.shape[1:]
    bend = [2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n) for n in (rows, columns)]
    spread = (gel.shear_length / gel.pitch / _CELL) ** 2
    stiff = gel.shear_stiffness * (1.0 + spread * (bend[0][:, None] + bend[1]))
    return idctn(dctn(stress, axes=(1, 2)) / stiff, axes=(1, 2))


def _untouched(gel: Gel) -> Pressed:
    height = np.zeros((gel.rows, gel.columns), np.float32)
    pressure = np.zeros((gel.rows // _CELL, gel.columns // _CELL))
    return Pressed(height, height > 0.0, pressure, 0.0, False)


def _finer(u: np.ndarray, like: np.ndarray) -> np.ndarray:
    result = _framed(like)
    compiled_gel.finer(u, result)
    return result


def _settled(gel: Gel, u: np.ndarray, gap: np.ndarray, depth: float, most: float) -> np.ndarray:
    """Displacement at every pixel: what half the pixels have found, fitted to the shape's finest detail."""
    spread = (gel.length / gel.pitch) ** 2
    other = np.empty_like(u)
    compiled_gel.settle(u, gap, depth, spread, most, other)
    compiled_gel.settle(other, gap, depth, spread, most, u)
    return np.ascontiguousarray(u[1:-1, 1:-1])


def _framed(like: np.ndarray) -> np.ndarray:
    return np.zeros((like.shape[0] + 2, like.shape[1] + 2), np.float32)


def _pressure(gel: Gel, u: np.ndarray, spread: float, force: float) -> Array:
    """In cells, from the displacement at half the pixels; it sums to the force."""
    fine = np.empty((u.shape[0] - 2, u.shape[1] - 2), np.float32)
    compiled_gel.pressure(u, spread, fine)
    side = _CELL // 2
    rows, columns = gel.rows // _CELL, gel.columns // _CELL
    cells = fine.reshape(rows, side, columns, side).mean(axis=(1, 3)).astype(float)
    return cells * (force / (cells.sum() * (gel.pitch * _CELL) ** 2))


def _read(field: Array, at: Array) -> Array:
    """A field of shape (2, rows, columns) between its cells, at places (n, 2) (x, y)."""
    rows, columns = field.shape[1:]
    x, y = np.clip(at[:, 0], 0.0, columns - 1.001), np.clip(at[:, 1], 0.0, rows - 1.001)
    j, i = x.astype(int), y.astype(int)
    fx, fy = x - j, y - i
    above = field[:, i, j] * (1.0 - fx) + field[:, i, j + 1] * fx
    below = field[:, i + 1, j] * (1.0 - fx) + field[:, i + 1, j + 1] * fx
    return above * (1.0 - fy) + below * fy
