"""The reach task as a Gymnasium environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", reason="gymnasium comes with the extra train-rl")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from robolab.core.errors import UnknownName  # noqa: E402
from robolab.tasks import TASKS, TaskEnv, make_env  # noqa: E402


@pytest.fixture(scope="module")
def env() -> Iterator[TaskEnv]:
    made = make_env("reach")
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore:.*Box observation space.*")
def test_keeps_gymnasiums_contract(env: TaskEnv) -> None:
    check_env(env, skip_render_check=True)


def _episodes(env: TaskEnv, seed: int, steps: int) -> list[Any]:
    rng = np.random.default_rng(0)
    seen, info = env.reset(seed=seed)
    kept: list[Any] = [seen, info]
    for _ in range(steps):
        *outcome, info = env.step(rng.uniform(-1.0, 1.0, 3).astype(np.float32))
        kept += [*outcome, info["rewards"]]
        if outcome[2] or outcome[3]:
            kept += env.reset()
    return kept


def test_same_seed_same_episodes(env: TaskEnv) -> None:
    first, again, other = (_episodes(env, seed, 70) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b
    assert not np.array_equal(first[0], other[0])


def test_going_straight_at_the_goal_reaches_it(env: TaskEnv) -> None:
    for seed in range(5):
        seen, info = env.reset(seed=seed)
        for _ in range(20):
            before = np.linalg.norm(seen[6:9])
            seen, reward, done, _, info = env.step(np.clip(seen[6:9] / 0.05, -1.0, 1.0))
            assert reward == pytest.approx(sum(info["rewards"].values()))
            assert np.linalg.norm(seen[6:9]) < before
            if done:
                break
        assert info["is_success"]
        assert info["rewards"]["reached"] == 1.0


def test_ends_late_without_success(env: TaskEnv) -> None:
    env.reset(seed=0)
    for step in range(1, 51):
        _, _, done, late, _ = env.step(np.array([0.0, 0.0, 1.0], dtype=np.float32))
        assert not done
        assert late == (step == 50)


def test_unknown_task_lists_the_known() -> None:
    assert "reach" in TASKS
    with pytest.raises(UnknownName, match="reach"):
        make_env("reech")
