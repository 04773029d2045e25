"""The job behind `robolab view mixed_pallet`: a drawn pallet to look at, and a policy that empties it, live or as a film."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from robolab.core.transforms import apply, inverse, look_at
from robolab.jobs.pallet_cell import COLUMN, PalletCell, pallet_cell
from robolab.jobs.pallet_evaluate import policy_of, seeing
from robolab.jobs.pallet_picture import FOUND, TAKEN, png
from robolab.jobs.pallet_player import Player, Shot
from robolab.jobs.pallet_record import reasons_of
from robolab.jobs.pallet_scene import with_cases
from robolab.jobs.pallet_watch import Turn, Watched
from robolab.scene.spec import CameraView, SceneSpec
from robolab.sim.camera import Camera, Intrinsics
from robolab.sim.stage import Stage
from robolab.sim.world import World
from robolab.tasks.pallet_case import Level, Pallet, draw_pallet
from robolab.tasks.pallet_faces import SeenFace, corners

_AHEAD = 2
"""Turns that are worked out before they are shown."""
_MOST_REASONS = 2
"""That are said in words."""
_SIZE, _FINER = (800, 520), 2
"""Of pictures [pixels]; drawn at so many times the size, then averaged."""
_SKY = (238, 240, 244)


class _Closed(Exception):
    """Ends an episode whose window was closed."""


@dataclass(frozen=True)
class Show:
    """A cell with a drawn pallet."""

    cell: PalletCell
    pallet: Pallet

    @property
    def scene(self) -> SceneSpec:
        """The scene with the pallet's cases in it."""
        return with_cases(self.cell.scene, self.pallet.cases)

    @property
    def column(self) -> str:
        """Name of what carries the base."""
        return COLUMN

    def rise(self, shot: Shot) -> float:
        """How far above its place in the scene the base stands [m]."""
        return shot.lift - self.cell.arm.base


def show_of(scene: str, seed: int, level: Level = "mixed") -> Show:
    """Draw an unseen pallet.

    Raises:
        SceneError: no scene of mixed pallets.
        UnknownName: no such level.
    """
    cell = pallet_cell(scene)
    return Show(cell, draw_pallet(level, seed, "unseen", cell.kind))


class Live:
    """An episode that goes on in a thread of its own while it is watched; turns wait until they are asked for."""

    def __init__(self, show: Show, policy: str, perception: str) -> None:
        self._turns: queue.Queue[Turn | None] = queue.Queue(_AHEAD)
        self._closed = threading.Event()
        see = seeing(perception)(show.pallet)
        self._policy = policy_of(policy)
        self._watched = Watched(show.cell, show.pallet, self._policy, see, self._tell)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.over = False
        self.failed: BaseException | None = None

    def start(self) -> Live:
        """Begin to empty the pallet."""
        self._thread.start()
        return self

    def next(self, patience: float | None = 0.0) -> Turn | None:
        """Return the next turn; None where it is not there yet, or where all is over.

        Args:
            patience: How long to wait for it [s]; None for as long as it takes.
        """
        if self.over:
            return None
        try:
            turn = self._turns.get(patience != 0.0, patience or None)
        except queue.Empty:
            return None
        self.over = turn is None
        if self.failed is not None:
            raise self.failed
        return turn

    def close(self) -> None:
        """End the episode after the turn that it is at."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._watched.run()
        except _Closed:
            return
        except BaseException as error:
            self.failed = error
        self._put(None)

    def _tell(self, turn: Turn) -> None:
        spoke_for = [one.feature for one in reasons_of(turn, self._policy) if one.added > 0.0]
        turn.why = tuple(spoke_for[:_MOST_REASONS])
        self._put(turn)
        if self._closed.is_set():
            raise _Closed

    def _put(self, turn: Turn | None) -> None:
        while not self._closed.is_set():
            try:
                self._turns.put(turn, timeout=0.1)
            except queue.Full:
                continue
            return


def first_choice(show: Show, policy: str, perception: str) -> bytes:
    """Return a PNG of a pallet with what is found on it, and what is taken first."""
    frames = _frames(show, policy, perception, 1, 0.1)
    with closing(frames):
        return png(next(frames))


def film_of(
    show: Show,
    policy: str,
    perception: str,
    cases: int,
    rate: float = 8.0,
    say: Callable[[str], None] = lambda text: None,
) -> bytes:
    """Return an animated WebP of the first cases being taken, at the robot's own speed.

    Args:
        cases: That are gone to; looks in between that find nothing to take are shown, too. rate: Frames a second.
        say: Is told of each frame.
    """
    frames: list[Image.Image] = []
    for frame in _frames(show, policy, perception, cases, 1.0 / rate):
        frames.append(frame)
        say(f"frame {len(frames)}")
    data = BytesIO()
    more = {"save_all": True, "append_images": frames[1:], "duration": round(1000.0 / rate)}
    frames[0].save(data, "WEBP", loop=0, quality=72, method=4, **more)
    return data.getvalue()


def _frames(
    show: Show, policy: str, perception: str, cases: int, step: float
) -> Generator[Image.Image, None, None]:
    live, player = Live(show, policy, perception).start(), Player(show.cell)
    try:
        with World(show.scene) as world:
            stage = Stage(world, show.column)
            while cases > 0:
                turn = live.next(None)
                if turn is None:
                    return
                cases -= turn.approach is not None
                player.feed(turn)
                while not player.hungry:
                    yield picture(stage, show, player.advance(step))
    finally:
        live.close()


def picture(stage: Stage, show: Show, shot: Shot) -> Image.Image:
    """Return a picture of a moment, with faces and words drawn on it."""
    stage.put(shot.q, show.rise(shot), shot.poses)
    view = show.cell.scene.view
    width, height = _SIZE
    lens = Intrinsics.of_fov(_FINER * width, _FINER * height, view.fov_deg)
    X = look_at(view.eye, view.target)
    seen = Camera(lens, near=0.05, far=30.0).take(stage.world.client.id, X)
    colour = np.where((seen.bodies >= 0)[..., None], seen.colour, np.array(_SKY, dtype=np.uint8))
    image = Image.fromarray(colour)
    draw = ImageDraw.Draw(image)
    for i, face in enumerate(shot.faces):
        if face.confidence > 0.0:
            chosen = i == shot.chosen
            line = outline(face, lens, view)
            draw.line(line, fill=TAKEN if chosen else FOUND, width=8 if chosen else 4)
    image = image.resize(_SIZE, Image.Resampling.BOX)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, _SIZE[0], 26), fill=(20, 22, 28))
    words = f"{shot.moved} on the belt    {shot.words}".replace("×", "x")  # the font has no ×
    draw.text((10, 7), words, fill=(240, 240, 245))
    return image


def outline(face: SeenFace, lens: Intrinsics, view: CameraView) -> list[tuple[float, float]]:
    """Corners of a face in a picture taken from a view, the first one again at the end [pixels]."""
    X_cam_world = inverse(look_at(view.eye, view.target))
    pixels = lens.project(apply(X_cam_world, corners(face)))
    found = [(float(u), float(v)) for u, v in pixels]
    return [*found, found[0]]
