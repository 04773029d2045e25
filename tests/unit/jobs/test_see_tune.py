"""Tuning the eyes: what a killed run goes on from belongs to the networks that it began with."""

from __future__ import annotations

from pathlib import Path

import pytest

from robolab.core.errors import WeightsError
from robolab.jobs.see_learn import METRICS, write_eyes
from robolab.jobs.see_tune import see_tune
from robolab.sight.network import SMALL_WIDTHS, EdgeNet, load_edges
from robolab.sight.teach import start
from robolab.sight.tune import Tuning

HOW = Tuning(pallets=1, known=0, views=1, steps=2)


class Killed(Exception):
    """Stands for a run that is killed."""


def _eyes(folder: Path, seed: int) -> Path:
    nets = EdgeNet(), EdgeNet(SMALL_WIDTHS)
    for network in nets:
        start(network, seed)
    write_eyes(folder, nets, {}, {}, "a test")
    return folder


def test_a_killed_tuning_goes_on_with_the_same_networks_alone(tmp_path: Path) -> None:
    own, other = _eyes(tmp_path / "own", 0), _eyes(tmp_path / "other", 1)
    out = tmp_path / "tuned"

    def kill(words: str) -> None:
        if "network, step" in words:
            raise Killed

    with pytest.raises(Killed):
        see_tune(own, out, HOW, 1, False, kill)
    assert not out.exists()
    with pytest.raises(WeightsError, match="policy"):
        see_tune(other, out, HOW, 1, True)
    metrics = see_tune(own, out, HOW, 1, True)
    assert (out / METRICS).is_file()
    assert {"before", "tuned"} == set(metrics["new_prints"]) == set(metrics["known_prints"])
    before, after = load_edges(own, "distilled"), load_edges(out, "distilled")
    for a, b in zip(before.taught.parameters(), after.taught.parameters(), strict=True):
        assert bool((a == b).all())
