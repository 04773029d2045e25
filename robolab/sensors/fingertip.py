"""An optical fingertip: a camera that looks at a soft gel from inside, lit in three colours, printed with dots."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from robolab.core.errors import UnknownName
from robolab.core.rng import stream
from robolab.core.transforms import Array, inverse, pose
from robolab.scene.load import mesh_file
from robolab.scene.spec import MeshShape, NotNegative, Positive, Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.gel import Gel, Pressed, drag
from robolab.sensors.gel_look import Look
from robolab.sensors.mount import mount_of
from robolab.sensors.relief import Body, Texture, body_of
from robolab.sim.readings import Sample
from robolab.sim.touching import Contact, contacts_on
from robolab.sim.world import World

_ASLANT = 0.5
"""Cosine between a contact's force and the gel's axis below which it presses beside the gel."""


class SurfaceSpec(Spec):
    """An object's surface: R_a and the length over which heights are alike [m], and Young's modulus [Pa]."""

    roughness: NotNegative = 0.0
    correlation: Positive = 3e-4
    modulus: Positive | None = None


class FingertipParameters(Spec):
    """Figures of the gel and of what differs from one fingertip to the next; sources are in `docs/touch.md`.

    `radius` bends the gel as a ball, 0 is flat [m]. `spread`, `light` and `wear` are shares by which thickness and
    modulus, lamps, and coating differ, drawn at each start; `noise` is of 255 steps, `mark_noise` of tracking the
    dots [pixels], `travel_noise` of how far the finger has come [m]. `surfaces` says what objects feel like, by name.
    """

    thickness: Positive = 4.25e-3
    modulus: Positive = 1.45e5
    radius: NotNegative = 0.0
    spread: Annotated[float, Field(ge=0, le=0.2)] = 0.03
    light: Annotated[float, Field(ge=0, le=0.3)] = 0.1
    wear: Annotated[float, Field(ge=0, le=0.9)] = 0.05
    noise: NotNegative = 1.2
    mark_noise: NotNegative = 0.1
    travel_noise: NotNegative = 2e-5
    surfaces: dict[str, SurfaceSpec] = {}


@SENSORS.register("fingertip")
class Fingertip(Sensor[FingertipParameters]):
    """Channels: `image` (240, 320, 3) uint8; `marks` (63, 2), the dots' places [pixels]; `travel` (1,), how far
    the finger has come since it first touched, as its drive tells, with what the object itself gives way [m]; and, as the truth that a
    real fingertip does not tell, `height` (240, 320) float32, how far the gel has given way [m], and `load` (4,):
    shear along x and y, normal force [N], torque about z [N m].

    The mount's frame is the gel's: +x along the columns, +y down the rows, +z outwards.

    Attributes:
        gel: As it was drawn at the start.
        reference: What the camera saw before any touch, shape (240, 320, 3) float32.
    """

    kind = "fingertip"

    def start(self, world: World) -> None:
        p = self.parameters
        self._mount = mount_of(self.spec, world)
        if self._mount.arm is None:
            raise self.refuse(world, "is not on a finger", "a mount such as arm/panda_leftfinger")
        gel = Gel(thickness=p.thickness, modulus=p.modulus, radius=p.radius)
        self.gel = gel.drawn(self.rng, p.spread)
        self.look = Look.drawn(self.gel, self.rng, p.light, p.wear, p.noise)
        self.reference = self.look.reference(self.rng)
        self._bodies = self._touchable(world)
        self._pressed: Pressed | None = None

    def sample(self, world: World) -> Sample:
        X_gel_world = inverse(self._mount.pose())
        load, names = self._load(world, X_gel_world)
        X_carried_gel = pose((*self._carried(load), 0.0))
        bodies = [
            (self._bodies[name], X_carried_gel @ X_gel_world @ world.object_pose(name))
            for name in names
        ]
        told = touch(self.gel, bodies, load)
        self._pressed = told.pressed
        wrench = np.array([*load.shear, load.normal, load.torque])
        travel = np.array([told.pressed.depth])
        return {
            "height": told.pressed.height,
            "marks": told.marks,
            "load": wrench,
            "travel": travel,
        }

    def corrupt(self, truth: Sample) -> Sample:
        image = self.look.picture(truth["height"], truth["marks"], self.rng)
        marks = self._with_noise(truth["marks"], self.parameters.mark_noise)
        travel = self._with_noise(truth["travel"], self.parameters.travel_noise)
        return {"image": image, **truth, "marks": marks, "travel": travel}

    def _carried(self, load: Load) -> Array:
        """How far what the gel holds has gone along with it [m]: physics knows no gel that gives way.

        Pressure is that of the sample before; pulls change faster than it does.
        """
        if self._pressed is None:
            return np.zeros(2)
        return drag(self.gel, self._pressed, load.shear, load.torque, load.friction).carried

    def _with_noise(self, values: np.ndarray, deviation: float) -> np.ndarray:
        return values + deviation * self.rng.standard_normal(values.shape)

    def _touchable(self, world: World) -> dict[str, Body]:
        surfaces = self.parameters.surfaces
        for name in surfaces:
            if name not in world.objects:
                file = world.scene.folder / f"{world.scene.name}.yaml"
                field = f"sensors.{self.spec.name}.parameters.surfaces"
                raise UnknownName("object", name, world.objects, file=file, field=field)
        bodies: dict[str, Body] = {}
        for item in world.scene.objects:
            surface = surfaces.get(item.name, SurfaceSpec())
            rng = stream(world.seed, "texture", item.name)
            rough = surface.roughness > 0.0
            texture = Texture.drawn(surface.roughness, surface.correlation, rng) if rough else None
            shape = item.shape
            file = mesh_file(world.scene, shape) if isinstance(shape, MeshShape) else None
            modulus = surface.modulus or np.inf
            bodies[item.name] = body_of(shape, file, texture, modulus)
        return bodies

    def _load(self, world: World, X_gel_world: Array) -> tuple[Load, list[str]]:
        """Sum up the contacts that press on the gel's face; say which objects they are of."""
        arm = self._mount.arm
        assert arm is not None
        R, found = X_gel_world[:3, :3], list[tuple[Contact, Array]]()
        for contact in contacts_on(world.client.id, arm, self._mount.link):
            force = R @ contact.force
            known = world.bodies.get(contact.body) in self._bodies
            if known and -force[2] > _ASLANT * float(np.linalg.norm(force)):
                found.append((contact, force))
        if not found:
            return Load(0.0), []
        forces = np.array([force for _, force in found])
        points = np.array([R @ c.point + X_gel_world[:3, 3] for c, _ in found])
        weight = -forces[:, 2] / -forces[:, 2].sum()
        arms = points - weight @ points
        torque = float((arms[:, 0] * forces[:, 1] - arms[:, 1] * forces[:, 0]).sum())
        shear = float(forces[:, 0].sum()), float(forces[:, 1].sum())
        friction = float(weight @ np.array([c.friction for c, _ in found]))
        names = sorted({world.bodies[c.body] for c, _ in found})
        return Load(float(-forces[:, 2].sum()), shear, torque, friction), names
