"""What a pallet's cases have measured and weighed so far: how several that stand flush give themselves away, how tall one is.

Cases of one article that stand flush can look like one case. What hangs then weighs as many times as much as one of
them as it is larger; no camera is needed to tell, and from then on such a face is taken for what it is. From above no
camera tells either how tall a case is; one that is as long, as wide and as heavy as one before is as tall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.tasks.pallet_belief import cut
from robolab.tasks.pallet_faces import SURE, SeenFace

_MOST = 4
"""So many cases at most are looked for in one face."""
_EXACT, _GAP = 0.012, 0.007
"""How far sides may be off, and more for each gap between cases [m]."""
_WEIGHED = 0.08
"""How far a weight may be off, as a share."""


@dataclass(frozen=True)
class _Flush:
    """A face that has turned out to be several cases.

    Attributes:
        extent: Of all together, shape (2,) [m]. weight: Of all together [kg].
        count, axis: Into how many it falls along which of its sides.
    """

    extent: Array
    weight: float
    count: int
    axis: int

    def parts(self, face: SeenFace) -> tuple[SeenFace, ...]:
        """A face in pieces."""
        return cut(face, self.count, self.axis)

    @property
    def piece(self) -> Array:
        """Extent of a piece, the longer side first, shape (2,) [m]."""
        side = np.array(self.extent)
        side[self.axis] /= self.count
        return np.sort(side)[::-1]

    def all_of(self, extent: Array, weight: float) -> bool:
        """Whether a piece weighs as much as all together."""
        return _alike(extent, self.piece, 1) and abs(weight / self.weight - 1.0) < _WEIGHED


class Articles:
    """Extents and weights of what was taken from one pallet."""

    def __init__(self) -> None:
        self._known: list[tuple[Array, float]] = []
        self._tall: list[tuple[Array, float, float]] = []
        self._arrived: list[tuple[Array, float]] = []
        self._faint: list[tuple[Array, float]] = []
        self._flush: list[_Flush] = []
        self._whole: list[Array] = []
        self._single: list[Array] = []

    def taken(self, face: SeenFace, weight: float) -> None:
        """Note a case by its face and weight [kg]; one that was seen but faintly counts once another is like it."""
        extent = np.asarray(face.extent)
        alike = any(
            _alike(extent, other, 1) and abs(weight / unit - 1.0) < _WEIGHED
            for other, unit in self._faint
        )
        # Dark ones are never seen so well as to be sure; two that agree in size and weight are as good.
        found = self._known if face.confidence >= SURE or alike else self._faint
        found.append((extent, weight))

    def measured(self, seen: Array, extent: Array, weight: float, height: float) -> None:
        """Note what a case that came to the belt measured [m] and weighed [kg] there.

        Args:
            seen: Extent that it had seemed to have; one that looked otherwise, as a bag does, tells nothing of how tall
                others are.
        """
        self._arrived.append((extent, weight))
        if _alike(seen, extent, 1):
            self._tall.append((extent, weight, height))

    def height(self, extent: Array, weight: float) -> float:
        """Height of the tallest case so far that measures and weighs as much; infinite where there was none [m]."""
        alike = [
            height
            for other, unit, height in self._tall
            if _alike(extent, other, 1) and abs(weight / unit - 1.0) < _WEIGHED
        ]
        return max(alike, default=np.inf)

    def extent(self, weight: float) -> Array | None:
        """Extent of what has come to the belt and weighed as much, shape (2,) [m]; None where there was none or they differ."""
        found = [extent for extent, unit in self._arrived if abs(weight / unit - 1.0) < _WEIGHED]
        if not found or not all(_alike(found[0], other, 2) for other in found):
            return None
        middle: Array = np.mean(found, axis=0)
        return middle

    def single(self, face: SeenFace) -> bool:
        """Whether faces like it have turned out to be one case each."""
        return any(_alike(np.asarray(face.extent), one, 1) for one in self._single)

    def lifted_alone(self, face: SeenFace, part: SeenFace, weight: float) -> None:
        """Note what some cups have lifted alone: the case of a part of a face, or of all of it.

        Args:
            weight: Of that case [kg]. Faces like it fall apart from now on, if the part goes into it as a whole number.
        """
        whole, one = np.asarray(face.extent), np.asarray(part.extent)
        if part is face:
            self._single.append(whole)
            return
        found = ((count, _multiple(whole, one, count)) for count in range(2, _MOST + 1))
        for count, axis in found:
            if axis is not None:
                self._flush.append(_Flush(whole, count * weight, count, axis))
                self._single.append(one)
                return

    def several(self, extent: Array, weight: float) -> bool:
        """Whether what hangs is several of an article that was taken before; if so, faces like it are several from now on.

        A piece of such a face that weighs as much as the whole says that it was one case after all.
        """
        wrong = [flush for flush in self._flush if flush.all_of(extent, weight)]
        self._forget(wrong)
        if wrong or any(_alike(extent, whole, 1) for whole in self._whole):
            return False
        for one, unit in self._known:
            for count in range(2, _MOST + 1):
                axis = _multiple(extent, one, count)
                if axis is not None and _weighs_several(weight, unit, count):
                    self._flush.append(_Flush(extent, count * unit, count, axis))
                    return True
        return False

    def whole_again(self, extent: Array) -> None:
        """Note that what hung by a face hung from outside it: if it was taken for a piece, there are none.

        Another article may be as large as several of one.
        """
        self._forget([flush for flush in self._flush if _alike(extent, flush.piece, 1)])

    def _forget(self, wrong: Sequence[_Flush]) -> None:
        """What was taken for several is one case each; weights say no more that it is several, only cups do."""
        self._flush = [flush for flush in self._flush if not any(flush is one for one in wrong)]
        self._whole += [flush.extent for flush in wrong]

    def parted(self, faces: Sequence[SeenFace]) -> tuple[SeenFace, ...]:
        """Return faces, those that are several as that many."""
        return tuple(part for face in faces for part in self._parts(face))

    def _parts(self, face: SeenFace) -> tuple[SeenFace, ...]:
        for flush in self._flush if face.confidence > 0.0 else ():
            if _alike(np.asarray(face.extent), flush.extent, flush.count):
                return flush.parts(face)
        return (face,)


def _multiple(extent: Array, one: Array, count: int) -> int | None:
    """Along which side a face would be so many of a smaller one, if it is."""
    for lengthened, other in ((count * one[0], one[1]), (count * one[1], one[0])):
        if _alike(extent, np.sort([lengthened, other])[::-1], count):
            return 0 if lengthened > other else 1
    return None


def _weighs_several(weight: float, unit: float, most: int) -> bool:
    """Whether a weight is that of some of so many cases: not all that were seen as one need hang."""
    return any(abs(weight / (k * unit) - 1.0) < _WEIGHED for k in range(2, most + 1))


def _alike(extent: Array, other: Array, count: int) -> bool:
    return bool((np.abs(extent - other) < _EXACT + _GAP * (count - 1)).all())
