"""An arm in the physics that has the drives and the weights of a measured one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.current_noise import CurrentNoise
from robolab.sim.friction import MeasuredDrives
from robolab.sim.measured import as_measured
from robolab.sim.retrace import retrace
from robolab.sim.world import World

MakeScene = Callable[..., SceneSpec]


@pytest.fixture(scope="module")
def drives(robot: RobotModel) -> MeasuredDrives:
    """Quiet ones, with a little of everything else, and a heavier forearm."""
    gain = 0.9 * robot.motors.gear_ratio * robot.motors.torque_constant
    one = np.ones(robot.dof)
    bodies = np.zeros(robot.linkage.inertial.shape)
    bodies[2, :4], bodies[2, 4:] = (0.5, 0.1, 0.0, 0.0), (0.0, 0.0, 0.03, 0.0, 0.0, 0.03)
    return MeasuredDrives(
        gain=gain,
        coulomb=1.3 * robot.motors.coulomb / gain,
        viscous=0.8 * robot.motors.viscous / gain,
        falling=0.3 * robot.motors.coulomb[:, None] / gain[:, None],
        speeds=np.array([0.1]),
        offset=0.05 * one,
        rotor=robot.motors.rotor_inertia * robot.motors.gear_ratio**2 / gain,
        load=0.15 * one,
        full=robot.limits.torque / gain,
        noise=CurrentNoise(density=0.0 * one, slow=0.0 * one, slow_time=0.4 * one),
        coulomb_spread=0.0 * one,
        viscous_spread=0.0 * one,
        spread_together=0.0 * one,
        bodies=bodies,
    )


def test_model_has_the_measured_bodies_and_drives(
    robot: RobotModel, drives: MeasuredDrives
) -> None:
    model = as_measured(robot, drives)
    assert model.linkage.inertial == pytest.approx(robot.linkage.inertial + drives.bodies)
    assert model.motors.gear_ratio * model.motors.torque_constant == pytest.approx(drives.gain)
    assert model.digest == robot.digest


def test_dry_friction_follows_speed_and_load(drives: MeasuredDrives) -> None:
    still, none = np.zeros(6), np.zeros(6)
    at_rest = drives.dry(still, none)
    fast = drives.dry(np.ones(6), none)
    assert at_rest == pytest.approx((drives.coulomb + drives.falling[:, 0]) * drives.gain)
    assert fast == pytest.approx(drives.coulomb * drives.gain, rel=1e-3)
    full = drives.dry(np.ones(6), drives.full * drives.gain)
    assert full - fast == pytest.approx(0.15 * drives.full * drives.gain)
    negative = replace(drives, coulomb=-drives.coulomb)
    assert np.all(negative.dry(np.ones(6), none) == 0.0)


def test_currents_show_the_measured_friction(
    make_scene: MakeScene, robot: RobotModel, drives: MeasuredDrives
) -> None:
    """Half the difference between to and fro, and half the sum less the weight, joint by joint."""
    time = np.arange(0.0, 2.4, 0.01)
    turned = np.where(time < 0.4, 0.0, np.clip(0.5 * (time - 0.4), 0.0, 0.8))
    currents = []
    with World(make_scene(objects=[]), drives={"arm": drives}) as world:
        for sign in (1.0, -1.0):
            world.reset()
            kept: list[np.ndarray] = []
            q = robot.home + sign * (turned - 0.4)[:, None]
            retrace(world, time, q, lambda kept=kept: kept.append(world.arm.motors.current))
            middle = slice(round(1.15 / world.control_period), round(1.25 / world.control_period))
            currents.append(np.mean(kept[middle], axis=0))
        speed, none = np.full(robot.dof, 0.5), np.zeros(robot.dof)
        weight = world.robot.inverse_dynamics(robot.home, speed, none) / drives.gain
    both = 0.5 * (currents[0] + currents[1])
    friction = 0.5 * (currents[0] - currents[1])
    load = 0.15 * weight**2 / drives.full
    expected = drives.coulomb + 0.5 * drives.viscous + load
    expected = expected + drives.falling[:, 0] * np.exp(-0.5 / 0.1)
    assert friction == pytest.approx(expected, rel=0.05, abs=0.02)
    assert both == pytest.approx(weight + 0.05, rel=0.02, abs=0.1)


def test_what_accelerates_a_rotor_loads_no_gear(
    make_scene: MakeScene, drives: MeasuredDrives
) -> None:
    """Friction grows with what gears pass on; a rotor's own inertia is before them."""
    heavy = replace(drives, rotor=3.0 * drives.rotor, load=0.5 * np.ones(6))
    time = np.arange(0.0, 0.8, 0.01)
    u = np.clip(time - 0.1, 0.0, 0.6) / 0.6
    turned = 0.8 * (10.0 * u**3 - 15.0 * u**4 + 6.0 * u**5)
    states: list[np.ndarray] = []
    with World(make_scene(objects=[]), drives={"arm": heavy}) as world:
        robot, period = world.robot, world.control_period

        def keep() -> None:
            states.append(np.stack([*world.joint_state(), world.arm.motors.current]))

        retrace(world, time, robot.home + turned[:, None], keep)
    q, qd, current = np.moveaxis(np.array(states), 1, 0)
    qdd = np.gradient(qd, period, axis=0)
    torque = np.array([robot.inverse_dynamics(*row) for row in zip(q, qd, qdd, strict=True)])
    pull = torque / heavy.gain
    level = np.array([heavy.dry(*row) for row in zip(qd, torque, strict=True)]) / heavy.gain
    expected = pull + level + heavy.viscous * qd + heavy.offset + heavy.rotor * qdd
    within = slice(round(0.2 / period), round(0.3 / period))
    off = np.mean((current - expected)[within], axis=0)
    assert np.abs(heavy.rotor * qdd)[within].mean(axis=0).min() > 0.3
    assert off == pytest.approx(np.zeros(6), abs=0.3)


def test_a_controller_that_knows_the_friction_misses_less(
    make_scene: MakeScene, drives: MeasuredDrives, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shoulder and elbow bear the arm's weight, so that theirs is the friction that grows with torque."""
    heavy = replace(drives, load=0.5 * np.ones(6))
    time = np.arange(0.0, 0.8, 0.01)
    u = np.clip(time - 0.1, 0.0, 0.6) / 0.6
    turned = 0.8 * (10.0 * u**3 - 15.0 * u**4 + 6.0 * u**5)

    def missed() -> np.ndarray:
        with World(make_scene(objects=[]), drives={"arm": heavy}) as world:
            way = world.robot.home + turned[:, None]
            return np.abs(retrace(world, time, way, lambda: None)[1])[:, 1:3].max(axis=0)

    known = missed()
    monkeypatch.setattr(World, "measured", property(lambda _: None))
    assert np.all(known < 0.7 * missed())


def test_a_seed_fixes_the_friction_of_the_day(
    make_scene: MakeScene, drives: MeasuredDrives
) -> None:
    noise = replace(drives.noise, slow=0.1 * np.ones(6))
    days = replace(drives, coulomb_spread=0.1 * drives.coulomb, noise=noise)
    seen = []
    for seed in (1, 1, 2):
        with World(make_scene(objects=[]), seed, drives={"arm": days}) as world:
            for _ in range(20):
                world.step(world.robot.gravity_torque(world.robot.home))
            seen.append(world.arm.motors.current)
    assert np.array_equal(seen[0], seen[1])
    assert not np.allclose(seen[0], seen[2])


def test_parts_of_a_days_friction_go_together_as_they_did_in_real_runs(
    drives: MeasuredDrives,
) -> None:
    one = np.ones(6)
    days = replace(drives, coulomb_spread=0.1 * one, viscous_spread=0.2 * one, spread_together=-one)
    day = days.of_a_day(np.random.default_rng(3))
    change = day.coulomb - drives.coulomb
    assert np.all(np.abs(change) > 0.0)
    assert day.viscous - drives.viscous == pytest.approx(-2.0 * change)
