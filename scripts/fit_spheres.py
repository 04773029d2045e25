"""Fit the spheres that the package ships, for every robot bare and with the tools it is used with.

    .venv/bin/python scripts/fit_spheres.py

Run it after a change of a robot's or tool's collision geometry, joints or limits; files of
geometries that are gone are removed. Other robots are fitted at first use and cached.
"""

from __future__ import annotations

from pathlib import Path

from robolab.core.assets import descriptions
from robolab.robots import load_robot, robot_names
from robolab.robots.spheres import fit_spheres, shipped_file, write_spheres
from robolab.robots.urdf import read_tree
from robolab.scene.spec import RobotSpec, ToolSpec

TOOLS = {
    "ur10e": ("suction_cup",),
    "panda": ("panda_hand", "finray_hand"),
    "palletiser": ("suction_plate",),
}


def main() -> None:
    """Fit and write."""
    kept: set[Path] = set()
    for name in robot_names():
        for tool in (None, *TOOLS.get(name, ())):
            spec = RobotSpec(
                name="arm", model=name, tool=None if tool is None else ToolSpec(model=tool)
            )
            robot = load_robot(spec, Path())
            file = shipped_file(robot)
            if file not in kept:
                kept.add(file)
                if not file.is_file():
                    spheres = fit_spheres(robot, read_tree(robot.urdf, robot.urdf.parent))
                    write_spheres(file, spheres)
                print(f"{name} with {tool or 'no tool'}: {file.name}")
    for file in (descriptions() / "spheres").glob("*.json"):
        if file not in kept:
            file.unlink()


if __name__ == "__main__":
    main()
