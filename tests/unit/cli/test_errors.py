"""Whatever is wrong with the input: one line that says so on stderr, exit code 2, nothing half-written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from robolab.core.assets import shipped
from tests.unit.cli.conftest import Ended, Robolab


def assert_refused(ended: Ended, *words: str) -> None:
    assert ended.code == 2
    assert ended.out == ""
    lines = ended.err.splitlines()
    told = [line for line in lines if line.startswith("robolab: ")]
    assert len(told) == 1, ended.err
    assert told[0] == lines[-1]
    assert all(word in told[0] for word in words), told[0]
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", ["run", "view", "train"])
def test_unknown_scene_names_the_nearest(robolab: Robolab, tmp_path: Path, command: str) -> None:
    out = (
        ("--screenshot", str(tmp_path / "x.png"))
        if command == "view"
        else ("--out", str(tmp_path / "x"))
    )
    ended = robolab(command, "ur10e_transfr", *out)
    assert_refused(ended, "ur10e_transfr", "did you mean 'ur10e_transfer'?", "panda_table")
    assert list(tmp_path.iterdir()) == []


def test_a_joint_log_has_no_loads_to_adapt_to(robolab: Robolab, tmp_path: Path) -> None:
    out, log = str(tmp_path / "out"), str(tmp_path / "log.csv")
    ended = robolab("run", "ur10e_log", "--adapt", "--waypoints", log, "--out", out)
    assert_refused(ended, "--waypoints", "--adapt")


def test_a_load_model_that_is_not_there(robolab: Robolab, tmp_path: Path) -> None:
    out, model = str(tmp_path / "out"), str(tmp_path / "model")
    ended = robolab("run", "ur10e_loads", "--adapt", "--load-model", model, "--out", out)
    assert_refused(ended, model, "cannot be read")


@pytest.mark.parametrize("option", ["--adapt", "--load-model"])
def test_a_live_run_feels_no_loads(robolab: Robolab, tmp_path: Path, option: str) -> None:
    out = ("--live", "--out", str(tmp_path / "out"))
    given = (option,) if option == "--adapt" else (option, str(tmp_path / "model"))
    assert_refused(robolab("run", "ur10e_live", *given, *out), option, "--live")


def test_scene_file_that_is_not_there(robolab: Robolab, tmp_path: Path) -> None:
    file = tmp_path / "cell.yaml"
    assert_refused(
        robolab("run", str(file), "--out", str(tmp_path / "out")), str(file), "no such scene file"
    )


def test_typo_in_a_scene_names_key_and_valid_ones(robolab: Robolab, tmp_path: Path) -> None:
    text = (shipped("scenes") / "ur10e_transfer.yaml").read_text()
    file = tmp_path / "cell.yaml"
    file.write_text(text.replace("work_volume:", "work_volum:"))
    ended = robolab("run", str(file), "--out", str(tmp_path / "out"))
    assert_refused(ended, str(file), "work_volum", "did you mean 'work_volume'?")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text", ["robots: [", "- a list", "", "\x00", "name: !!python/object:os.system {}"]
)
def test_scene_that_is_no_scene(robolab: Robolab, tmp_path: Path, text: str) -> None:
    file = tmp_path / "cell.yaml"
    file.write_text(text)
    assert_refused(robolab("run", str(file), "--out", str(tmp_path / "out")), str(file))


def test_output_below_a_file(robolab: Robolab, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    ended = robolab("run", "ur10e_transfer", "--out", str(blocked / "out"))
    assert_refused(ended, str(blocked), "writable folder")
    assert blocked.read_text() == "a file, not a folder"


def test_output_that_is_a_file(robolab: Robolab, tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("keep me")
    assert_refused(robolab("run", "ur10e_transfer", "--out", str(file)), str(file), "is a file")
    assert file.read_text() == "keep me"


def test_output_that_holds_something_else(robolab: Robolab, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    ended = robolab("run", "ur10e_transfer", "--out", str(tmp_path))
    assert_refused(ended, str(tmp_path), "empty folder")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    "words",
    [("run",), ("run", "ur10e_transfer"), ("nonsense",), ("run", "x", "--seed", "-1", "--out", "y"), ("run", "x", "--sed", "1")],
)  # fmt: skip
def test_wrong_use_ends_with_2(robolab: Robolab, words: tuple[str, ...]) -> None:
    assert robolab(*words).code == 2


@pytest.mark.parametrize("command", ["verify", "replay", "export"])
def test_folder_that_is_no_run(robolab: Robolab, tmp_path: Path, command: str) -> None:
    extra = ("--format", "csv", "--out", str(tmp_path / "out")) if command == "export" else ()
    assert_refused(
        robolab(command, str(tmp_path / "none"), *extra), "no such folder", "robolab run"
    )
    assert_refused(robolab(command, str(tmp_path), *extra), "manifest.json", "cannot be read")
    assert not (tmp_path / "out").exists()


def test_unknown_format_lists_the_formats(robolab: Robolab, tmp_path: Path) -> None:
    ended = robolab("export", str(tmp_path), "--format", "urscrpt", "--out", str(tmp_path / "out"))
    assert_refused(ended, "did you mean 'urscript'?", "csv")


@pytest.mark.parametrize("goal", ["0,0,0", "a,b,c,d,e,f", "nan,0,0,0,0,0", "", "hme"])
def test_goal_that_is_no_goal(robolab: Robolab, goal: str) -> None:
    assert_refused(robolab("plan", "ur10e_transfer", "--goal", goal), "--goal", "6 numbers")


def test_view_without_display_says_what_to_do(
    robolab: Robolab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert_refused(robolab("view", "ur10e_transfer"), "no display", "--screenshot", "xvfb-run")


def test_ctrl_c_ends_with_130(robolab: Robolab, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("robolab.scene.load.scene_names", interrupted)
    ended = robolab("scenes")
    assert ended.code == 130
    assert "Traceback" not in ended.err


def test_system_error_is_one_line(robolab: Robolab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", "scenes")

    monkeypatch.setattr("robolab.scene.load.scene_names", full)
    assert_refused(robolab("scenes"), "scenes: No space left on device")


def test_second_opinion_without_mujoco_says_what_to_install(
    robolab: Robolab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mujoco", None)
    out = tmp_path / "out"
    for words in (
        ("replay", str(tmp_path)),
        ("run", "iiwa_posts", "--second-opinion", "--out", str(out)),
    ):
        assert_refused(robolab(*words), "MuJoCo is not installed", "pip install 'robolab[mujoco]'")
    assert list(tmp_path.iterdir()) == []


def test_second_opinion_without_a_rehearsal(robolab: Robolab, tmp_path: Path) -> None:
    pytest.importorskip("mujoco", reason="needs the extra: robolab[mujoco]")
    out = str(tmp_path / "out")
    ended = robolab("run", "iiwa_posts", "--second-opinion", "--no-track", "--out", out)
    assert_refused(ended, "--second-opinion", "--no-track")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--cluster", "127.0.0.1:1"), ("--cluster", "127.0.0.1:1")),
        (("--cluster", "127.0.0.1:1", "--workers", "2"), ("--workers", "--cluster alone")),
        (("--compare", "none.json"), ("none.json", "no learning curve")),
        (("--warm-start", "none"), ("none", "a policy's folder")),
    ],
)
def test_training_is_refused_before_it_begins(
    robolab: Robolab, tmp_path: Path, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    ended = robolab("train", "ur10e_transfer", "--out", str(tmp_path / "x"), *words)
    assert_refused(ended, *told)
    assert list(tmp_path.iterdir()) == []
