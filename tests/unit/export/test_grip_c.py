"""The grip in C: strict compilers take it, sanitisers find nothing, and it says what Python says, faults included."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from robolab.core.assets import shipped
from robolab.core.errors import RobolabError
from robolab.export import grip as exported
from robolab.export.grip import GripCode
from robolab.export.language_c import CStep
from robolab.jobs.touch_export import export_touch
from robolab.tasks.lift import Stroke
from robolab.touch.grip import GripPolicy
from robolab.touch.grip_network import GripNetwork

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
SANITISED = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


@pytest.fixture(scope="module")
def code() -> GripCode:
    """Nothing that was learned, but nothing that is zero."""
    generator = torch.Generator().manual_seed(0)
    network = GripNetwork().start(generator)
    with torch.no_grad():
        network.leave.weight.uniform_(-0.3, 0.3, generator=generator)
        network.leave.bias.uniform_(-0.3, 0.3, generator=generator)
    return GripCode(GripPolicy(network.state_dict(), 1.2))


def run(code: GripCode, folder: Path, *options: str) -> tuple[int, float]:
    """Compile the test and run it: samples that differ, and by how much at most."""
    CStep().write(code, folder)
    program = folder / "program"
    command = ["cc", *STRICT, *options, "grip.c", "grip_test.c", "-lm", "-o", str(program)]
    subprocess.run(command, cwd=folder, check=True)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+) wrong, largest difference (\S+),", said.stdout)
    assert found is not None, said.stdout + said.stderr
    return int(found.group(1)), float(found.group(2))


def test_says_what_python_says(code: GripCode, tmp_path: Path) -> None:
    wrong, off = run(code, tmp_path, *SANITISED)
    assert wrong == 0
    assert off < 1e-6


@pytest.mark.parametrize(("spoiled", "fault"), [("beyond", 3.0), ("alone", 4.0)])
def test_has_the_same_faults(
    code: GripCode, spoiled: str, fault: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = exported.made_up()
    if spoiled == "beyond":
        rows[300:, 2] = 400.0  # more than a pad can say, in the air
    else:
        rows[:, 2], rows[:, 0] = 0.0, 1.5 * rows[:, 0]
    monkeypatch.setattr(exported, "made_up", lambda: rows)
    wrong, off = run(code, tmp_path)
    assert wrong == 0
    assert off < 1e-6
    assert exported.said_of(code.policy, rows)[-1][5] == fault


def test_the_test_lifts(code: GripCode) -> None:
    said = exported.said_of(code.policy, exported.made_up())
    assert max(line[3] for line in said) == Stroke.READY
    assert not any(line[5] for line in said)


def test_the_shipped_grip_is_written_as_a_whole(tmp_path: Path) -> None:
    manifest = export_touch(shipped("policies") / "grip", ["c"], tmp_path / "out")
    assert manifest["formats"] == {"c": ["grip.h", "grip.c", "grip_test.c"]}
    assert (tmp_path / "out" / "manifest.json").is_file()
    assert "void grip_update" in (tmp_path / "out" / "grip.c").read_text()


@pytest.mark.parametrize(
    ("formats", "variant", "words"),
    [
        (["c", "st"], "full", r"is not there as \.st"),
        (["onnx"], "full", "is not there as a graph"),
        (["c"], "int8", "variant of a grip's network"),
    ],
)
def test_what_a_grip_is_not_there_in_is_refused(
    formats: list[str], variant: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(RobolabError, match=words):
        export_touch(shipped("policies") / "grip", formats, tmp_path / "out", variant)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("variant", ["network", "network-int8", "distilled"])
def test_its_network_is_written_in_every_language(variant: str, tmp_path: Path) -> None:
    formats = ["c", "st", "onnx"]
    manifest = export_touch(shipped("policies") / "grip", formats, tmp_path / "out", variant)
    assert set(manifest["formats"]) == set(formats)
    assert manifest["outputs"] == ("ln_force", "ln_deviation", "log_odds")
    command = ["cc", "-std=c99", "grip_network.c", "grip_network_test.c", "-lm", "-o", "program"]
    subprocess.run(command, cwd=tmp_path / "out", check=True)
    subprocess.run([tmp_path / "out" / "program"], check=True)
