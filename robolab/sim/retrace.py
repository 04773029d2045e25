"""Let a simulated arm go through a motion that was recorded elsewhere, its drives in the loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.interpolate import make_lsq_spline

from robolab.core.transforms import Array
from robolab.sim.controller import GAINS_EVERY, Controller, feedforward
from robolab.sim.world import World

KNOTS = 0.08
"""Time between the knots of the curve that is laid through recorded positions [s]."""
_DEGREE = 5


def retrace(
    world: World, time: Array, q: Array, watch: Callable[[], None] = lambda: None
) -> tuple[Array, Array]:
    """Follow joint positions by computed torque.

    Args:
        time: Rising, shape (k,) [s].
        q: As recorded, shape (k, n) [rad or m]; a curve through them, smooth to the fourth derivative, is followed.
        watch: Called after each control period.
    Returns:
        Times since the start at control periods, and how far the arm was from where it was wanted, shapes (m,)
        and (m, n) [s, rad or m].
    """
    period, robot = world.control_period, world.robot
    start, end = float(time[0]), float(time[-1])
    inner = np.linspace(start, end, max(round((end - start) / KNOTS), 1) + 1) - start
    knots = np.concatenate([np.full(_DEGREE, inner[0]), inner, np.full(_DEGREE, inner[-1])])
    curve = make_lsq_spline(time - start, q, knots, k=_DEGREE)
    at: Array = np.arange(0.0, end - start, period)
    wanted, speed = np.asarray(curve(at)), np.asarray(curve(at, nu=1))
    motion = feedforward(robot, wanted, speed, np.asarray(curve(at, nu=2)), None, world.measured)
    controller, off = Controller(robot), np.zeros_like(wanted)
    world.put_arm(wanted[0])
    for k in range(len(at)):
        if k % GAINS_EVERY == 0:
            controller.move_to(wanted[k], None)
        q_now, qd_now = world.joint_state()
        off[k] = wanted[k] - q_now
        torque = controller.torque(motion.torque[k], wanted[k], speed[k], q_now, qd_now)
        world.step(torque, motion.losses[k])
        watch()
    return at, off
