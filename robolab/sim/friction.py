"""Drives as they were measured on a real arm: friction that follows speed and load, and a current that is noisy.

PyBullet's own dry friction has one level. Here the level is set anew in every control period, for the speed and the
torque of the moment: Coulomb and Stribeck friction and what gears lose to the torque that they pass on. Viscous
friction is the physics' damping, and a lopsided current a steady torque.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.current_noise import CurrentNoise


@dataclass(frozen=True)
class MeasuredDrives:
    """Plain figures of the drives of one arm with n joints; friction in amperes, as currents show it.

    Attributes:
        gain: Torque per ampere, shape (n,) [N m/A].
        coulomb, viscous: Shape (n,) [A, A s/rad].
        falling, speeds: What friction has more towards standstill, shape (n, s) [A], and the speeds at which that
            has fallen to 1/e, shape (s,) [rad/s].
        offset: Current of an arm that needs none, shape (n,) [A].
        rotor: Of the rotor's inertia, shape (n,) [A s2/rad].
        load: Share of the torque that gears lose at full torque, shape (n,).
        full: Current that the torque limit takes, shape (n,) [A].
        noise: What the currents do by chance.
        coulomb_spread, viscous_spread: How far friction differs from day to day, shape (n,) [A, A s/rad].
        spread_together: Correlation of both, shape (n,).
        bodies: By how much the arm's bodies differ from the description, shape (N, 10), in the order of
            `robots.linkage.Linkage.inertial`.
    """

    gain: Array
    coulomb: Array
    viscous: Array
    falling: Array
    speeds: Array
    offset: Array
    rotor: Array
    load: Array
    full: Array
    noise: CurrentNoise
    coulomb_spread: Array
    viscous_spread: Array
    spread_together: Array
    bodies: Array

    def of_a_day(self, rng: np.random.Generator) -> MeasuredDrives:
        """Draw the friction of one day."""
        first, second = rng.standard_normal((2, self.coulomb.size))
        shared = self.spread_together
        other = shared * first + np.sqrt(np.maximum(1.0 - shared**2, 0.0)) * second
        coulomb, viscous = self.coulomb_spread * first, self.viscous_spread * other
        return replace(self, coulomb=self.coulomb + coulomb, viscous=self.viscous + viscous)

    def dry(self, qd: Array, torque: Array) -> Array:
        """Return the level of dry friction.

        Args:
            qd: Joint velocities, shape (..., n) [rad/s].
            torque: What the gears pass on, shape (..., n) [N m].
        Returns:
            At least 0, shape (..., n) [N m].
        """
        speed, pull = np.abs(qd), torque / self.gain
        level = self.coulomb + self.load * pull * pull / self.full
        level = level + (self.falling * np.exp(-speed[..., None] / self.speeds)).sum(-1)
        # The physics' damping cannot be negative.
        level = level + np.minimum(self.viscous, 0.0) * speed
        return np.maximum(level, 0.0) * self.gain

    def damping(self) -> Array:
        """Return what the physics takes as damping, shape (n,) [N m s/rad]."""
        return np.maximum(self.viscous, 0.0) * self.gain

    def bias(self) -> Array:
        """Return the steady torque that a lopsided current stands for, shape (n,) [N m]."""
        return self.offset * self.gain
