"""The job behind `robolab pick export`: what ranks the ways to take a case as ONNX, large, distilled and in int8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robolab import __version__
from robolab.core.files import content_hash
from robolab.export.onnx_model import in_int8
from robolab.export.pick_onnx import INPUT, RULE_NODE, onnx_of, small_onnx_of
from robolab.jobs.onnx_export import export_forms, latency
from robolab.jobs.pallet_cell import SCENES, pallet_cell
from robolab.jobs.pallet_evaluate import perfect
from robolab.learning.pick_policy import RECIPE, WEIGHTS, LearnedPick
from robolab.learning.pick_small import MOST_DOUBT, distilled
from robolab.tasks.pallet_case import LEVELS, Split, draw_pallet
from robolab.tasks.pallet_choice import FEATURES, options_of

_CALLS = 2000
_LEARNED_FROM, _TRIED_ON = 24, 12
"""Pallets of the training split that the small network learns on, and unseen ones on which all are tried."""
_SEED = 4000
_TIE = 1e-5


def pick_export(
    policy: Path, out: Path, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Write a policy's networks as ONNX; return the manifest.

    The manifest says of each form: its size, latency on two threads for all ways of a look, and how often it ranks the
    same way first as the policy itself, on unseen pallets.

    Raises:
        WeightsError: the folder holds no policy for picks.
        ExportError: onnx or onnxruntime is not installed.
        OutputError: the folder cannot be written, or holds something else.
    """
    picks = LearnedPick.load(policy)
    looks = ways("unseen", _TRIED_ON)
    says = f"robolab {__version__}, {policy.name}"
    progress("distil")
    small = distilled(picks, ways("train", _LEARNED_FROM), _SEED)
    forms = {"full": onnx_of(picks.tables(), picks.worth(), says)}
    forms["distilled"] = small_onnx_of(small.tables(), picks.worth(), MOST_DOUBT, says)
    forms["distilled-int8"] = in_int8(forms["distilled"], exact=[RULE_NODE])
    inputs = [{INPUT: look} for look in looks]

    def tried(session: Any) -> dict[str, float]:
        mean = float(np.mean([len(look) for look in looks]))
        times = latency(session, inputs, _CALLS, "us")
        return {**_agreement(session, picks, looks), "ways": mean, **times}

    header = {
        "policy_digest": content_hash(policy / RECIPE, policy / WEIGHTS),
        "features": list(FEATURES),
    }
    return export_forms(policy, out, header, forms, tried, progress)


def ways(split: Split, pallets: int) -> list[np.ndarray]:
    """Return the features of all ways of looks at pallets, each (k, FEATURES), float32, of both cells in turn."""
    cells = [pallet_cell(name) for name in SCENES]
    looks: list[np.ndarray] = []
    for k in range(pallets):
        cell = cells[k % len(cells)]
        pallet = draw_pallet(LEVELS[k // 2 % len(LEVELS)], _SEED + k, split, cell.kind)
        for left in (len(pallet.cases), len(pallet.cases) // 2):
            # What stands lowest is what is left late: the upper half is taken away.
            cases = sorted(pallet.cases, key=lambda case: float(case.X_world_case[2, 3]))[:left]
            faces = perfect(_SEED + k)(cases, left).faces
            options = options_of(faces, cell.deck, cell.cups)
            if options:
                looks.append(np.array([o.features for o in options], dtype=np.float32))
    return looks


def _agreement(session: Any, picks: LearnedPick, looks: Sequence[np.ndarray]) -> dict[str, float]:
    """How often a model ranks first what the policy does, or what is as good to single precision, and what the rest costs.

    Returns:
        Share of the looks, and mean of what the policy's score of its own first way is above that of the model's.
    """
    lost: list[float] = []
    for look in looks:
        first = int(np.argmax(session.run(["score"], {INPUT: look})[0]))
        scores = picks.scores(look.astype(float))
        lost.append(float(scores.max() - scores[first]))
    same = float(np.mean(np.array(lost) < _TIE))
    return {"looks": float(len(looks)), "same_first": same, "score_lost": float(np.mean(lost))}
