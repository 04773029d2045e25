"""A fingertip's networks as programs for a controller: they say what the originals say, in every form and language."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from robolab.core.errors import UnknownName
from robolab.jobs.touch_export import export_touch
from robolab.learning import weights
from robolab.touch.policy import program_of
from robolab.touch.tip import CALIBRATION, WEIGHTS, TipNetworks, load_tip
from robolab.touch.tip_program import FORMS, KIND
from robolab.touch.tip_roughness import FEATURES
from robolab.touch.tip_slip import FEATURES as SEEN
from robolab.touch.tip_train import start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    networks, made = TipNetworks.blank({"roughness": 1.0}), tmp_path_factory.mktemp("tip")
    for seed, network in enumerate(networks.parts.values()):
        start(network, seed)
    (made / WEIGHTS).write_bytes(weights.to_bytes(networks.tensors()))
    (made / CALIBRATION).write_text(json.dumps(dict(networks.calibration)))
    (made / "recipe.yaml").write_text(yaml.safe_dump({"kind": KIND}))
    return made


@pytest.mark.parametrize("form", ["slip", "slip-distilled"])
def test_slip_program_is_the_network_frame_by_frame(folder: Path, form: str) -> None:
    networks, program = load_tip(folder), program_of(folder, form)
    network = networks.slip if form == "slip" else networks.slip_distilled
    frames = np.random.default_rng(0).normal(size=(5, len(SEEN)))
    with torch.no_grad():
        wanted = network(torch.from_numpy(frames.astype(np.float32))[None])[0].numpy()
    state, said = program.begin(), list[float]()
    for frame in frames:
        out, state = program.run(frame, state)
        said.append(float(out[0]))
    assert said == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("form", ["roughness", "roughness-distilled"])
def test_roughness_program_is_the_network_with_its_limits(folder: Path, form: str) -> None:
    networks, program = load_tip(folder), program_of(folder, form)
    network = networks.roughness if form == "roughness" else networks.roughness_distilled
    for scale in (1.0, 100.0):
        features = scale * np.random.default_rng(1).normal(size=FEATURES)
        with torch.no_grad():
            mean, log = network(torch.from_numpy(features.astype(np.float32))[None])
        wanted = [float(mean), float(log)]
        assert program.run(features)[0] == pytest.approx(wanted, abs=1e-4)


def test_rounded_weights_change_little_and_other_forms_are_refused(folder: Path) -> None:
    frame = np.random.default_rng(2).normal(size=len(SEEN))
    exact, rounded = (program_of(folder, form).run(frame)[0][0] for form in ("slip", "slip-int8"))
    assert 0.0 < abs(exact - rounded) < 0.1
    with pytest.raises(UnknownName, match="slip-distilled"):
        program_of(folder, "full")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("form", [*FORMS, "slip-int8"])
def test_exported_c_passes_its_recorded_test(folder: Path, tmp_path: Path, form: str) -> None:
    manifest = export_touch(folder, ["c", "st", "onnx"], tmp_path / "out", form)
    assert set(manifest["formats"]) == {"c", "st", "onnx"}
    (stem,) = {Path(name).stem.removesuffix("_test") for name in manifest["formats"]["c"]}
    sources = [f"{stem}.c", f"{stem}_test.c"]
    build = ["gcc", "-std=c99", "-O1", *sources, "-lm", "-o", "check"]
    subprocess.run(build, cwd=tmp_path / "out", check=True)
    subprocess.run(["./check"], cwd=tmp_path / "out", check=True)
