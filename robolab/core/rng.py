"""Random numbers: one named stream per use, all from one seed."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator that `seed` and a use's names determine.

    Two uses never share a stream, so that adding a draw to one does not shift the other.

    Args:
        seed: The user's seed, at least 0.
        names: What the stream is for, such as ("camera", "noise") or ("leg", 3).
    """
    label = "/".join(str(name) for name in names)
    key = int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "little")
    return np.random.default_rng(np.random.SeedSequence([seed, key]))
