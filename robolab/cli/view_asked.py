"""`robolab view` on a mixed pallet: a window, a picture or a film of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from robolab.cli.console import console, progress
from robolab.core.errors import BadInput

if TYPE_CHECKING:
    from robolab.jobs.pallet_show import Show


@dataclass(frozen=True)
class Asked:
    """The options of the command; `policy` is None where the pallet is only looked at."""

    scene: str
    seed: int
    level: str
    policy: str | None
    perception: str
    film: Path | None
    cases: int


def need_display() -> None:
    """Say what to do where no window can be opened: PyBullet would end the program without a word that helps.

    Raises:
        BadInput: there is no display.
    """
    if not os.environ.get("DISPLAY"):
        raise BadInput(
            "no display to open a window on",
            expected="DISPLAY to be set, or --screenshot FILE, or: xvfb-run robolab view …",
        )


def only_for_pallets(given: Mapping[str, object]) -> None:
    """Refuse options of mixed pallets for another scene.

    Raises:
        BadInput: one of them was given.
    """
    from robolab.jobs.pallet_cell import SCENES

    for option, value in given.items():
        if value is not None:
            raise BadInput(
                "is for scenes of mixed pallets",
                field=option,
                value=str(value),
                expected=" or ".join(SCENES),
            )


def look_at_pallet(asked: Asked, screenshot: Path | None) -> None:
    """Show a drawn pallet, or how it is emptied."""
    from robolab.jobs.pallet_show import show_of

    if asked.film is not None and asked.policy is None:
        raise BadInput(
            "shows a policy at work",
            field="--film",
            value=str(asked.film),
            expected="--policy, too",
        )
    if screenshot is None and asked.film is None:
        need_display()
    show = show_of(asked.scene, asked.seed, asked.level)  # pyright: ignore[reportArgumentType]  # checked there
    if screenshot is not None:
        _picture(show, asked, screenshot)
    elif asked.film is not None:
        _film(show, asked, asked.film)
    else:
        _window(show, asked)


def _window(show: Show, asked: Asked) -> None:
    from robolab.cli.view_pallet import PalletWindow
    from robolab.jobs.pallet_show import Live

    with PalletWindow(show, asked.seed) as window:
        if asked.policy is None:
            window.let_joints_be_moved()
            return
        with closing(Live(show, asked.policy, asked.perception).start()) as live:
            window.empty(live)


def _picture(show: Show, asked: Asked, file: Path) -> None:
    """The pallet as it stands; with a policy, with what it finds and takes first."""
    from robolab.core.files import write_bytes
    from robolab.jobs.pallet_show import first_choice
    from robolab.jobs.rehearse import photograph

    if asked.policy is None:
        write_bytes(file, photograph(show.scene, asked.seed))
    else:
        write_bytes(file, first_choice(show, asked.policy, asked.perception))
    console().print(str(file), markup=False, soft_wrap=True)


def _film(show: Show, asked: Asked, file: Path) -> None:
    from robolab.core.files import write_bytes
    from robolab.jobs.pallet_show import film_of

    assert asked.policy is not None
    with progress(f"film {asked.scene}") as say:
        data = film_of(show, asked.policy, asked.perception, asked.cases, say=say)
    write_bytes(file, data)
    console().print(str(file), markup=False, soft_wrap=True)
