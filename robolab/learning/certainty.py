"""How sure a network is of a proposal, before the exact check: a chance, learned from earlier checks.

Logistic regression on what is known of a proposal at once: how it looks at the samples, how far the network
has just corrected it, and how its sisters look. A second chance says whether refining would mend it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from robolab.core.errors import WeightsError
from robolab.core.transforms import Array
from robolab.learning.objective import Verdict

CERTAINTY = "certainty.json"
FEATURES = (
    "looks_free",
    "breach",
    "room",
    "lean",
    "trouble",
    "length",
    "moved",
    "spread",
    "sisters_free",
)
"""In the order of the last axis of `describe`."""
_WIDE = 0.02
"""Room beyond the clearances of which more makes no difference [m]."""
_FINE, _UPRIGHT = 1e-3, 0.01
"""Breach [m] and lean [1] from which logarithms count."""

Numbers = Annotated[tuple[float, ...], Field(min_length=len(FEATURES), max_length=len(FEATURES))]
Scales = Annotated[
    tuple[Annotated[float, Field(gt=0.0)], ...],
    Field(min_length=len(FEATURES), max_length=len(FEATURES)),
]
Count = Annotated[int, Field(ge=0)]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Chance(_File):
    """A probability as a logistic function of features, standardised by their middle and scale."""

    middle: Numbers
    scale: Scales
    weights: Numbers
    bias: float

    def __call__(self, features: Array) -> Array:
        """Probabilities, shape (...), of features of shape (..., F)."""
        x = (features - np.array(self.middle)) / np.array(self.scale)
        score = x @ np.array(self.weights) + self.bias
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * score)))


class FittedOn(_File):
    """How much experience stands behind it."""

    problems: Count
    proposals: Count
    refined: Count


class Sureness(NamedTuple):
    """Chances by proposal, shape (...): that it is free as it is, and that refining it would make it so."""

    proposed: Array
    refined: Array


class Certainty(_File):
    """What `certainty.json` holds.

    Attributes:
        weights: Digest of the network's weights that it was fitted for.
        proposed: Chance that a proposal is free along its whole curve.
        refined: Chance that refining one makes it so, where none is free.
    """

    version: Literal[1] = 1
    weights: str
    features: tuple[str, ...]
    proposed: Chance
    refined: Chance
    fitted_on: FittedOn

    def __call__(self, features: Array) -> Sureness:
        """Say how sure to be of proposals by their features, shape (..., F)."""
        return Sureness(self.proposed(features), self.refined(features))


def describe(points: Array, moved: Array, verdict: Verdict) -> Array:
    """Features of proposals, shape (B, K, F).

    Args:
        points: Control points, shape (B, K, degree + 1, n).
        moved: Greatest change of a joint by the network's corrections, shape (B, K) [rad].
        verdict: Of the same points.
    """
    cost, free, time, depth, lean = (part.numpy().astype(float) for part in verdict)
    others = max(points.shape[1] - 1, 1)
    apart = points - points.mean(axis=1, keepdims=True)
    columns = (
        free,
        np.log1p(np.maximum(depth, 0.0) / _FINE),
        np.clip(-depth, 0.0, _WIDE),
        np.log1p(np.maximum(lean, 0.0) / _UPRIGHT),
        np.sqrt(np.maximum(cost - time, 0.0)),
        np.linalg.norm(np.diff(points, axis=2), axis=3).sum(axis=2),
        moved,
        np.sqrt(np.square(apart).mean(axis=(2, 3))),
        (free.sum(axis=1, keepdims=True) - free) / others,
    )
    return np.stack(columns, axis=2)


def read_certainty(folder: Path, weights: str) -> Certainty | None:
    """Read a policy's certainty; None where the policy has none.

    Args:
        weights: Digest of the policy's weights.
    Raises:
        WeightsError: it is damaged, of another version, or belongs to other weights.
    """
    path = folder / CERTAINTY
    if not path.is_file():
        return None
    try:
        certainty = Certainty.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise _refused(path, error) from error
    except (OSError, ValueError) as error:
        raise WeightsError("is cut short or not JSON", file=path) from error
    if certainty.features != FEATURES:
        raise WeightsError(
            "counts other features",
            file=path,
            field="features",
            value=list(certainty.features),
            expected=", ".join(FEATURES),
        )
    if certainty.weights != weights:
        raise WeightsError(
            "belongs to other weights",
            file=path,
            field="weights",
            value=certainty.weights,
            expected=f"{weights!r}; fit it again with scripts/calibrate.py",
        )
    return certainty


def _refused(path: Path, error: ValidationError) -> WeightsError:
    first: Mapping[str, Any] = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    value = None if first["type"] == "missing" else first["input"]
    return WeightsError(
        "is not a policy's certainty",
        file=path,
        field=field,
        value=value,
        expected=first["msg"].removeprefix("Input should be "),
    )
