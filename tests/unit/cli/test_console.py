import io

import pytest
from rich.console import Console

from robolab.cli import console
from robolab.cli.console import progress_bar, time_left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1.0, "0 s"), (44.6, "45 s"), (59.7, "1 min 00 s"), (570.0, "9 min 30 s"), (11100.0, "3 h 05 min")],
)  # fmt: skip
def test_time_left_as_people_say_it(seconds: float, text: str) -> None:
    assert time_left(seconds) == text


def test_without_a_terminal_each_step_is_a_line_with_the_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress_bar("train cell") as (say, advance):
        say("collecting")
        advance(60.0, 600.0)
        say("step 10")
        advance(600.0, 600.0)
        say("measuring")
    assert capsys.readouterr().err.splitlines() == [
        "train cell: collecting", "train cell: step 10, 9 min 00 s left", "train cell: measuring",
    ]  # fmt: skip


def test_on_a_terminal_there_is_a_bar_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=100, highlight=False)
    monkeypatch.setattr(console, "console", lambda error=False: screen)
    with progress_bar("train cell") as (say, advance):
        advance(60.0, 600.0)
        say("step 10 [of many]")
    text = screen.file.getvalue()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    assert "9 min 00 s left" in text
    assert "10%" in text
    assert "step 10 [of many]" in text
