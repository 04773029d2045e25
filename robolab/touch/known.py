"""What else is known of an object before it is felt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """Everything here may be missing.

    Attributes:
        load: Mass, as a load estimator or a database has it [kg].
        size: Width between the fingers, as vision sees it [m].
        limit: Force of a finger that the object must not see [N].
    """

    load: float | None = None
    size: float | None = None
    limit: float | None = None
