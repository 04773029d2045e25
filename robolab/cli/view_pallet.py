"""PyBullet's window on a pallet that is being emptied: pause, speed, next case; what was found, what is taken, and why."""

from __future__ import annotations

from typing import Any

from robolab.cli.view_window import Window
from robolab.jobs.pallet_picture import corners
from robolab.jobs.pallet_player import Player, Shot
from robolab.jobs.pallet_show import Live, Show
from robolab.sim.client import p
from robolab.sim.stage import Stage

_FOUND, _TAKEN = (0.1, 0.75, 0.35), (1.0, 0.25, 0.05)
_ABOVE = 0.35
"""How far above a full stack words stand [m]."""
_MOST_SPEED = 5.0


class PalletWindow(Window):
    """A window on a drawn pallet; use it in a `with` statement."""

    def __init__(self, show: Show, seed: int) -> None:
        super().__init__(show.scene, seed)
        self._show = show
        self._stage = Stage(self._world, show.column)
        self._lines: list[int] = []
        self._drawn: tuple[Any, ...] = ()
        self._words = -1

    def empty(self, live: Live) -> None:
        """Show a pallet being emptied until it is empty and the window is closed.

        Space or the button pauses, n or the button goes to the next case.
        """
        speed = self._slider("speed", 0.0, _MOST_SPEED, 1.0)
        pause, skip = self._button("pause / go on (space)"), self._button("next case (n)")
        pressed, running = (self._read(pause), self._read(skip)), True
        player = Player(self._show.cell)
        for passed in self._frames():
            paused, skipped = self._read(pause), self._read(skip)
            if paused != pressed[0] or self._hit(" "):
                running = not running
            if player.hungry:
                turn = live.next()
                if turn is not None:
                    player.feed(turn)
            if skipped != pressed[1] or self._hit("n"):
                shot = player.skip()
            else:
                shot = player.advance(passed * self._read(speed) * running)
            pressed = (paused, skipped)
            self._draw(shot, "the pallet is done" if live.over and player.hungry else shot.words)

    def _draw(self, shot: Shot, words: str) -> None:
        self._stage.put(shot.q, self._show.rise(shot), shot.poses)
        drawn = (shot.faces, shot.chosen, words, shot.moved)
        if drawn == self._drawn:
            return
        if drawn[:2] != self._drawn[:2]:
            self._outline(shot)
        self._drawn = drawn
        deck = self._show.cell.deck
        place = deck.X_world_deck[:3, 3].tolist()
        place[2] = deck.top + deck.height + _ABOVE
        again = {} if self._words < 0 else {"replaceItemUniqueId": self._words}
        self._words = p.addUserDebugText(
            f"{shot.moved} on the belt. {words}",
            place,
            textColorRGB=(0.1, 0.1, 0.15),
            textSize=1.3,
            physicsClientId=self._client,
            **again,
        )

    def _outline(self, shot: Shot) -> None:
        for line in self._lines:
            p.removeUserDebugItem(line, physicsClientId=self._client)
        self._lines = []
        for i, face in enumerate(shot.faces):
            if face.confidence == 0.0:
                continue
            around = corners(face).tolist()
            colour, width = (_TAKEN, 4.0) if i == shot.chosen else (_FOUND, 2.0)
            for a, b in zip(around, [*around[1:], around[0]], strict=True):
                self._lines.append(
                    p.addUserDebugLine(a, b, colour, width, physicsClientId=self._client)
                )

    def _button(self, name: str) -> Any:
        return p.addUserDebugParameter(name, 1.0, 0.0, 0.0, physicsClientId=self._client)

    def _hit(self, key: str) -> bool:
        """Whether a key has just been pressed."""
        keys: dict[int, int] = p.getKeyboardEvents(physicsClientId=self._client)
        return bool(keys.get(ord(key), 0) & p.KEY_WAS_TRIGGERED)
