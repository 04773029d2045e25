"""What the commands print with, and the options that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from robolab.scene.spec import SceneSpec


def _complete_scene(incomplete: str) -> list[str]:
    from robolab.scene.load import scene_names

    return [name for name in scene_names() if name.startswith(incomplete)]


SceneName = Annotated[
    str,
    typer.Argument(
        metavar="SCENE",
        help="Name of a shipped scene (see: robolab scenes) or path of a YAML file.",
        autocompletion=_complete_scene,
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Fixes everything that is drawn at random.")]
RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder that `robolab run` has written.")
]


def console(*, error: bool = False) -> Console:
    """Return a console on stdout, or on stderr for what is not the result."""
    from rich.console import Console

    return Console(stderr=error, highlight=False)


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner with what is being done now; without a terminal, one line a step on stderr."""
    screen = console(error=True)
    if not screen.is_terminal:
        yield lambda text: print(f"{title}: {text}", file=screen.file)
        return
    with screen.status(title) as status:
        yield lambda text: status.update(f"{title}: {text}")


def realised(name: str, seed: int) -> SceneSpec:
    """Load a scene and draw what it leaves open."""
    from robolab.scene.load import load_scene
    from robolab.scene.realise import realise

    return realise(load_scene(name), seed)
