"""Smaller forms of the grip's network, and the tree: they say what the whole one says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import UnknownName
from robolab.touch import grip_program
from robolab.touch.grip import GripPolicy
from robolab.touch.grip_distil import WIDTH, distil, named, rules
from robolab.touch.grip_feel import FEATURES, NAMES
from robolab.touch.grip_network import GripNetwork, GripStep
from robolab.touch.grip_teach import Lessons


def network(seed: int = 0) -> GripNetwork:
    """Nothing that was learned, but nothing that is zero."""
    generator = torch.Generator().manual_seed(seed)
    made = GripNetwork().start(generator)
    with torch.no_grad():
        made.leave.weight.uniform_(-0.3, 0.3, generator=generator)
        made.leave.bias.uniform_(-0.3, 0.3, generator=generator)
    return made


def lessons(count: int, looks: int = 6) -> Lessons:
    lines = np.random.default_rng(0).standard_normal((count, looks, FEATURES)).astype(np.float32)
    lines[..., NAMES.index("lifts")] = np.arange(looks) > 2
    ones = np.ones((count, looks), np.float32)
    return Lessons(lines, np.zeros(count, np.float32), ones, 0.0 * ones)


def test_a_small_network_comes_to_say_the_same() -> None:
    made = lessons(300)
    _, before = distil(network(), made, 1, 0)
    small, after = distil(network(), made, 250, 0)
    assert len(small.enter.bias) == WIDTH
    assert after["lessons"] == 30
    assert after["error"] < 0.6 * before["error"]


def test_a_tree_names_what_the_network_goes_by() -> None:
    made, whole = lessons(200), network()
    with torch.no_grad():
        whole.enter.weight[:, NAMES.index("finger 1 twist")] *= 12.0
    said = rules(whole, made, 0)
    assert any("finger 1 twist" in line for line in said["text"])
    assert said["fidelity"]["n"] == 100


def test_the_program_says_what_the_network_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policy = GripPolicy(network().state_dict(), 1.0)
    monkeypatch.setattr(grip_program, "load_grip", lambda _folder, _form: policy)
    program, step = grip_program.grip_program(tmp_path, "network"), GripStep(policy.tensors)
    rounded, kept, other = program.quantised(), program.begin(), program.begin()
    for line in np.random.default_rng(1).standard_normal((20, FEATURES)):
        said = step.look(line)
        found, kept = program.run(line, kept)
        assert found == pytest.approx((said.mean, np.log(said.std), said.slides), abs=1e-9)
        close, other = rounded.run(line, other)
        assert close == pytest.approx(found, abs=0.1)


def test_another_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="network"):
        grip_program.grip_program(tmp_path, "pruned")


def test_forms_live_under_one_roof() -> None:
    tensors = named({"full": network(), "distilled": network(1)})
    assert "enter.weight" in tensors
    assert "distilled.enter.weight" in tensors
