"""`robolab scenes`: what there is to run."""

from __future__ import annotations

from robolab.cli.console import console

EXAMPLE = "robolab scenes"


def command() -> None:
    """List the scenes that robolab ships."""
    from rich.table import Table

    from robolab.scene.load import load_scene, scene_names

    table = Table(box=None, pad_edge=False)
    table.add_column("scene", style="bold", no_wrap=True)
    table.add_column("robot", no_wrap=True)
    table.add_column("description")
    for name in scene_names():
        scene = load_scene(name)
        tool = f" + {scene.robot.tool.model}" if scene.robot.tool else ""
        table.add_row(name, scene.robot.model + tool, " ".join(scene.description.split()))
    console().print(table)
