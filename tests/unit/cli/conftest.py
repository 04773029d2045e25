"""Run the program in this process, as the shell would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from robolab.cli.app import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Robolab = Callable[..., Ended]


@pytest.fixture
def robolab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Robolab:
    def run(*words: str) -> Ended:
        monkeypatch.setattr("sys.argv", ["robolab", *words])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        seen = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, seen.out, seen.err)

    return run
