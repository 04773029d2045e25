"""The job behind `robolab touch explore`: touch one object of a scene here and there, and say what it feels like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.files import write_bytes
from robolab.core.rng import stream
from robolab.core.transforms import Array, pose_rpy
from robolab.jobs.touch_guess import guess_of
from robolab.scene.load import mesh_file
from robolab.scene.spec import BoxShape, MeshShape, SceneSpec
from robolab.sensors import SensorSuite, attach
from robolab.sensors.fingertip import Fingertip
from robolab.sensors.relief import body_of
from robolab.sim.jaw import Jaw
from robolab.sim.shapes import place_object
from robolab.sim.world import World
from robolab.touch.tip import Reading, TipNetworks, TipReader, roughness_of
from robolab.touch.tip_draw import CLASSES
from robolab.touch.tip_hardness import Hardness, hardness_of, joined
from robolab.touch.tip_heat import drawn_over, heat_of
from robolab.touch.tip_roughness import BURST, Surface

_CLOSE_S, _SETTLE_S, _OPEN_S = 1.2, 0.3, 0.6
_ALONG = 0.006
"""How far touches lie apart along the fingers, to either side [m]."""
_NINETY = 1.6449


@dataclass(frozen=True)
class Felt:
    """What one finger felt in one touch.

    Attributes:
        surface: What it tells of roughness; None where too little is touched.
        image: What its camera saw, shape (240, 320, 3) uint8.
    """

    finger: str
    reading: Reading
    surface: Surface | None
    hardness: Hardness
    image: np.ndarray


def explore(
    scene: SceneSpec,
    name: str,
    networks: TipNetworks,
    touches: int = 5,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
    heat_maps: Path | None = None,
) -> dict[str, Any]:
    """Bring an object between the fingers in several ways, close, read both fingertips, and join what they say.

    Args:
        heat_maps: Folder for a picture of what the class network looked at in each touch of each finger.
    Returns:
        Shape with the chance of each class, R_a and modulus with 90 % intervals, and every touch; under `refined` the
        camera's guess, then what is known after each touch, none where no camera sees the object.
    Raises:
        SceneError: the scene has no gripper with optical fingertips, or the object is wider than the gripper opens.
        UnknownName: it has no such object.
        OutputError: the folder cannot be written.
    """
    rng = stream(seed, "explore", name)
    with World(scene, seed) as world:
        world.object(name)
        _check_width(scene, world, name)
        suite = attach(world)
        tips = _tips(scene, suite)
        readers = {tip: TipReader(networks, suite_tip.reference) for tip, suite_tip in tips.items()}
        felt: list[Felt] = []
        guesses = [guess] if (guess := guess_of(world, suite, name)) is not None else []
        for number in range(touches):
            progress(f"touch {number + 1} of {touches}")
            turn = rng.uniform(-0.3, 0.3) + np.pi / 2.0 * number
            X_tcp_object = pose_rpy((0.0, 0.0, rng.uniform(-_ALONG, _ALONG)), (np.pi, 0.0, turn))
            _grip(world, name, X_tcp_object)
            assert isinstance(world.gripper, Jaw)
            opening = world.gripper.opening
            both = [_feel(world, suite, tip, reader) for tip, reader in readers.items()]
            felt += both
            if guesses:
                kinds = [each.reading.kind for each in both if each.reading.state == "pressed"]
                guesses.append(guesses[-1].touched(kinds, opening))
            if heat_maps is not None:
                for each in both:
                    file = heat_maps / f"touch-{number + 1}-{each.finger}.png"
                    write_bytes(file, _heat_map(each, networks, tips[each.finger].reference))
            world.grip(False)
            _wait(world, _OPEN_S)
    return {
        "object": name,
        "refined": [guess.told for guess in guesses],
        **said(felt, networks),
        "touches": [_told(each, networks) for each in felt],
    }


def _heat_map(felt: Felt, networks: TipNetworks, reference: np.ndarray) -> bytes:
    """What the class network looked at in a touch, as a PNG, beside what the finger sees untouched."""
    return drawn_over(felt.image, heat_of(networks.shape, felt.image, reference))


def said(felt: list[Felt], networks: TipNetworks) -> dict[str, Any]:
    """Join what single touches say, each by how sure it is."""
    pressed = [each for each in felt if each.reading.state == "pressed"]
    if not pressed:
        return {"shape": "unknown", "chances": {}, "roughness_um": None, "modulus_MPa": None}
    # Touches of one object share what the network is wrong about: their logarithms are averaged, not summed.
    logs = np.mean([np.log(each.reading.kind + 1e-6) for each in pressed], axis=0)
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    return {
        "shape": CLASSES[int(np.argmax(chances))],
        "chances": dict(zip(CLASSES, chances.tolist(), strict=True)),
        "roughness_um": _roughness(networks, pressed),
        "modulus_MPa": _modulus(joined([each.hardness for each in pressed])),
    }


def _roughness(networks: TipNetworks, felt: list[Felt]) -> list[float] | None:
    """Best, low and high [um]; None where too little was touched."""
    surfaces = [each.surface for each in felt if each.surface is not None]
    best, std = roughness_of(networks, surfaces)
    if not surfaces:
        return None
    return [1e6 * best * float(np.exp(z * std)) for z in (0.0, -_NINETY, _NINETY)]


def _modulus(found: Hardness) -> list[float | None] | None:
    """Best, low and high [MPa]; None for what may be rigid."""
    if np.isnan(found.modulus):
        return None
    values = (found.modulus, found.low, found.high)
    return [1e-6 * value if np.isfinite(value) else None for value in values]


def _tips(scene: SceneSpec, suite: SensorSuite) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for spec in scene.sensors:
        sensor: Any = suite.sensor(spec.name)
        if isinstance(sensor, Fingertip):
            found[spec.name] = sensor
    if not found:
        raise SceneError(
            "no optical fingertip to explore with",
            file=scene.folder / f"{scene.name}.yaml",
            field="sensors",
            expected="sensors of type fingertip, as in panda_touch",
        )
    return found


def _check_width(scene: SceneSpec, world: World, name: str) -> None:
    gripper, shape = world.robot.gripper, scene.object(name).shape
    if gripper is None or gripper.kind != "jaw":
        return  # the fingertips say so
    if isinstance(shape, BoxShape):
        width = min(shape.size[:2])
    elif isinstance(shape, MeshShape):
        corners = body_of(shape, mesh_file(scene, shape)).triangles.reshape(-1, 3)
        width = float(np.ptp(corners[:, :2], axis=0).min())
    else:
        width = 2.0 * shape.radius
    opening = 2.0 * gripper.figures["stroke"]
    if width > opening:
        raise SceneError(
            "object is wider than the gripper opens",
            file=scene.folder / f"{scene.name}.yaml",
            field=f"objects.{name}.shape",
            value=f"{1e3 * width:.0f} mm",
            expected=f"at most {1e3 * opening:.0f} mm",
        )


def _grip(world: World, name: str, X_tcp_object: Array) -> None:
    """Close on an object that a hand holds there until both fingers do."""
    gripper = world.gripper
    assert isinstance(gripper, Jaw)
    q, X = world.joint_state()[0], world.arm.tcp() @ X_tcp_object
    world.grip(True)
    for _ in range(round(_CLOSE_S / world.control_period)):
        place_object(world.client.id, world.object(name), X)
        world.servo(q)
        world.step()
        if all(gripper.contacts(finger) for finger in range(len(gripper.finger_names))):
            break
    _wait(world, _SETTLE_S)


def _wait(world: World, seconds: float) -> None:
    q = world.joint_state()[0]
    for _ in range(round(seconds / world.control_period)):
        world.servo(q)
        world.step()


def _feel(world: World, suite: SensorSuite, tip: str, reader: TipReader) -> Felt:
    """Look several times at the press as it stands still."""
    sensor = suite.sensor(tip)
    samples = [sensor.corrupt(sensor.sample(world)) for _ in range(BURST)]
    images = np.stack([s["image"] for s in samples])
    marks = np.mean([s["marks"] for s in samples], axis=0)
    travel = float(np.mean([s["travel"] for s in samples]))
    reading = reader.read(images[0], marks)
    return Felt(
        tip,
        reading,
        reader.surface(images, marks),
        hardness_of(reading, travel, read_as=reader.peak),
        images[0],
    )


def _told(felt: Felt, networks: TipNetworks) -> dict[str, Any]:
    reading, rough = felt.reading, _roughness(networks, [felt])
    return {
        "finger": felt.finger,
        "state": reading.state,
        "shape": reading.shape,
        "force_N": reading.force.tolist(),
        "force_std_N": [float(s) if np.isfinite(s) else None for s in reading.force_std],
        "curvature_per_m": reading.curvature if reading.state == "pressed" else None,
        "roughness_um": rough[0] if rough else None,
        "modulus_MPa": _modulus(felt.hardness),
    }
