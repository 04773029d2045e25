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


@contextmanager
def progress_bar(
    title: str,
) -> Iterator[tuple[Callable[[str], None], Callable[[float, float], None]]]:
    """Show a bar with the time left; without a terminal, lines on stderr that end with it.

    Yields:
        What is told in words, and what is told the seconds used and the seconds in all.
    """
    screen = console(error=True)
    if not screen.is_terminal:
        yield _plain_bar(title, screen)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(title, total=None, left="")
        yield (
            lambda text: bar.console.print(f"{title}: {text}", markup=False),
            lambda done, total: bar.update(
                task, completed=done, total=total, left=f"{time_left(total - done)} left"
            ),
        )


def _plain_bar(
    title: str, screen: Console
) -> tuple[Callable[[str], None], Callable[[float, float], None]]:
    left = ""

    def say(text: str) -> None:
        print(f"{title}: {text}{left}", file=screen.file, flush=True)

    def advance(done: float, total: float) -> None:
        nonlocal left
        left = f", {time_left(total - done)} left" if done < total else ""

    return say, advance


def time_left(seconds: float) -> str:
    """Seconds as people say them: 45 s, 9 min 30 s, 3 h 05 min."""
    whole = max(int(seconds + 0.5), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def realised(name: str, seed: int) -> SceneSpec:
    """Load a scene and draw what it leaves open."""
    from robolab.scene.load import load_scene
    from robolab.scene.realise import realise

    return realise(load_scene(name), seed)
