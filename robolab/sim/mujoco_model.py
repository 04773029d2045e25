"""A robot's merged description as a MuJoCo model; `docs/adr/0008` says why it is built this way.

MuJoCo reads the URDF with its own reader: poses, axes, masses, inertias and joint limits do not pass through
ours. What the URDF cannot say is added: rotors as armature, dry and viscous friction, rods, and a body on the tool
for the load. The arm is alone: links have no shapes, the scene's objects are not there, and nothing is touched.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import BadInput, RobotError
from robolab.core.transforms import Array
from robolab.robots.chain import motion
from robolab.robots.model import TCP, RobotModel
from robolab.robots.urdf import Tree, fixed_joint, read_tree
from robolab.sim.rotors import reflected_inertia

LOAD = "robolab/load"
"""Name of the body that stands for what the tool carries."""
_HARD = 0.9999
"""Impedance of friction and rods. MuJoCo's own 0.9 lets a joint creep under loads that its friction holds."""


def mujoco_library() -> Any:
    """Return the `mujoco` module.

    Raises:
        BadInput: it is not installed.
    """
    try:
        import mujoco
    except ModuleNotFoundError as error:
        raise BadInput(
            "MuJoCo is not installed",
            expected="pip install 'robolab[mujoco]', and the command again",
        ) from error
    library: Any = mujoco
    # Its own way is to write warnings to a file in whatever folder the program runs in.
    library.set_mju_user_warning(_ignore)
    return library


def _ignore(_: str) -> None:
    """What MuJoCo warns of shows in the motion: `mujoco_replay` refuses one that is not finite."""


def mujoco_model(robot: RobotModel, gravity: Array, dt: float) -> Any:
    """Return an `MjModel` of a robot in the frame of its base, with a body for the load at tcp.

    Args:
        gravity: In the base's frame, shape (3,) [m/s2].
        dt: Time step [s].
    Raises:
        BadInput: MuJoCo is not installed.
        RobotError: MuJoCo refuses the description, as it does a moving link without mass.
    """
    mujoco = mujoco_library()
    try:
        spec = mujoco.MjSpec.from_string(_description(robot))
        spec.option.timestep, spec.option.gravity = dt, gravity
        _add_load(spec)
        _add_rods(mujoco, spec, robot, dt)
        model = spec.compile()
    except ValueError as error:
        raise RobotError(f"MuJoCo refuses the description: {error}", file=robot.urdf) from error
    # A state that is not finite must stay so: MuJoCo would begin anew without a word.
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
    _set_drives(model, robot, dt)
    return model


def _description(robot: RobotModel) -> str:
    """The URDF without shapes, with locked joints fixed where they are locked."""
    tree = read_tree(robot.urdf, Path(robot.urdf.anchor))
    for link in tree.element.findall("link"):
        for shape in (*link.findall("visual"), *link.findall("collision")):
            link.remove(shape)
    for name, position in robot.locked.items():
        _fix(tree, name, position)
    settings = ET.Element("mujoco")
    ET.SubElement(settings, "compiler", fusestatic="false")
    tree.element.insert(0, settings)
    return ET.tostring(tree.element, encoding="unicode")


def _fix(tree: Tree, name: str, position: float) -> None:
    joint = next(joint for joint in tree.joints if joint.name == name)
    tree.element.remove(tree.joint_element(name))
    X_parent_child = joint.X_parent_joint @ motion(joint, position)
    tree.element.append(fixed_joint(name, joint.parent, joint.child, X_parent_child))


def _add_load(spec: Any) -> None:
    # A centre and axes of no symmetry: MuJoCo takes short cuts for others, which later values would break.
    # No mass: what is carried must not hide a moving link that has none.
    spec.body(TCP).add_body(
        name=LOAD,
        mass=0.0,
        ipos=[0.01, 0.02, 0.03],
        iquat=[0.5, 0.5, 0.1, 0.7],
        inertia=[0.0, 0.0, 0.0],
        explicitinertial=True,
    )


def _add_rods(mujoco: Any, spec: Any, robot: RobotModel, dt: float) -> None:
    """Hold each passive joint where the arm's put it: its difference from there is a tendon of fixed length."""
    for name, (weights, offset) in robot.coupled.items():
        tendon = spec.add_tendon(name=name)
        tendon.wrap_joint(name, 1.0)
        for joint, weight in zip(robot.joints, weights.tolist(), strict=True):
            if weight:
                tendon.wrap_joint(joint, -weight)
        rod = spec.add_equality(type=mujoco.mjtEq.mjEQ_TENDON, name1=name)
        rod.data[0] = offset
        rod.solref[:2] = (2.0 * dt, 1.0)
        rod.solimp[:3] = (_HARD, _HARD, 1e-3)


def _set_drives(model: Any, robot: RobotModel, dt: float) -> None:
    """Give the arm's joints rotors and friction; all of them are MuJoCo's own kinds."""
    motors = robot.motors
    dofs = [int(model.joint(name).dofadr[0]) for name in robot.joints]
    model.dof_armature[dofs] = reflected_inertia(robot)
    model.dof_damping[dofs] = motors.viscous
    model.dof_frictionloss[dofs] = motors.coulomb
    # As stiff as the step allows: what moves too slowly to overcome its friction stops within a step.
    model.dof_solref[dofs] = (2.0 * dt, 1.0)
    model.dof_solimp[np.ix_(dofs, [0, 1])] = _HARD
