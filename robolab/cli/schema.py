"""`robolab schema`: the JSON Schema of scene files, so that editors complete and check them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "robolab schema --out scenes/scene.schema.json"


def command(
    out: Annotated[Path | None, typer.Option(help="File to write; without it, print.")] = None,
) -> None:
    """Write the JSON Schema of scene files."""
    import json

    from robolab.core.files import write_json
    from robolab.scene.schema import scene_schema

    if out is None:
        print(json.dumps(scene_schema(), indent=2))
    else:
        write_json(out, scene_schema())
        print(out)
