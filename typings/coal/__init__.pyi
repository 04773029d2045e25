"""coal is compiled and carries no types; pyright does not find it where its wheel puts it."""

from typing import Any

def __getattr__(name: str) -> Any: ...
