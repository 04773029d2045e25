"""The one registry type: a named set of things that implement a contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from robolab.core.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Named items of one kind; a duplicate name raises, an unknown one lists the valid names.

    Args:
        kind: What the items are, for messages ("sensor", "exporter").
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that enters an item under `name`."""

        def enter(item: T) -> T:
            if name in self._items:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._items[name] = item
            return item

        return enter

    def get(self, name: str) -> T:
        """Return the item of that name.

        Raises:
            UnknownName: nothing of that name is registered; the message lists the valid names.
        """
        if name not in self._items:
            raise UnknownName(self.kind, name, self._items)
        return self._items[name]

    def names(self) -> tuple[str, ...]:
        """All registered names, sorted."""
        return tuple(sorted(self._items))

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(sorted(self._items.items(), key=lambda pair: pair[0]))

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __len__(self) -> int:
        return len(self._items)
