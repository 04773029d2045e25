from pathlib import Path

import pytest
import yaml

from robolab.core.errors import BadInput, MissingAsset, SceneError, UnknownName
from robolab.scene.load import load_scene, scene_names

MINIMAL = {"name": "small", "robots": [{"name": "arm", "model": "ur10e"}]}


def written(folder: Path, content: object) -> Path:
    path = folder / "small.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("name", scene_names())
def test_every_shipped_scene_loads(name: str) -> None:
    assert load_scene(name).name == name


def test_unknown_scene_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'ur10e_transfer'"):
        load_scene("ur10e_tranfer")


def test_unknown_key_names_the_file_the_field_and_the_valid_keys(tmp_path: Path) -> None:
    box = {"name": "b", "shape": {"type": "box", "sise": [1, 1, 1]}}
    path = written(tmp_path, MINIMAL | {"objects": [box]})
    with pytest.raises(SceneError) as caught:
        load_scene(path)
    message = str(caught.value)
    assert "small.yaml" in message
    assert "objects.0.shape.box.s" in message
    assert "size" in message


def test_typo_in_a_key_is_corrected(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL | {"robts": []})
    with pytest.raises(
        SceneError, match=r"robts: unknown key, did you mean 'robots'\?.*work_volume"
    ):
        load_scene(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"physics": {"rate_hz": -5}}, r"physics.rate_hz.*greater than 0.*-5"),
        ({"robots": []}, r"robots.*at least 1"),
        ({"floor_height": float("nan")}, r"floor_height.*finite.*nan"),
        ({"name": "../up"}, r"name.*pattern"),
        ({"job": [{"do": "jump"}]}, r"job.0.*jump"),
    ],
)
def test_wrong_values_name_the_field(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(SceneError, match=said):
        load_scene(written(tmp_path, MINIMAL | change))


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="line 3"):
        load_scene(written(tmp_path, "name: x\nrobots: [\n"))


def test_yaml_never_builds_objects(tmp_path: Path) -> None:
    path = written(tmp_path, "name: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(SceneError, match="YAML"):
        load_scene(path)


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ([{"do": "move_free", "to": "nowhere"}], r"job.0.to.*unknown target 'nowhere'"),
        ([{"do": "place", "at": "slot/9", "approach": {"direction": [0, 0, 1], "distance": 1},
           "retreat": {"direction": [0, 0, 1], "distance": 1}}], r"unknown target 'slot/9'"),
    ],
)  # fmt: skip
def test_names_that_do_not_match_are_told(tmp_path: Path, job: list[object], said: str) -> None:
    targets = {"slot": {"grid": {}, "pitch": [0.1, 0.1, 0.1], "count": [2, 2, 1]}}
    with pytest.raises(UnknownName, match=said):
        load_scene(written(tmp_path, MINIMAL | {"targets": targets, "job": job}))


def test_missing_mesh_is_named(tmp_path: Path) -> None:
    mesh = {"name": "m", "shape": {"type": "mesh", "file": "gone.stl"}}
    with pytest.raises(MissingAsset, match=r"objects.0.shape.file.*gone.stl"):
        load_scene(written(tmp_path, MINIMAL | {"objects": [mesh]}))


def test_a_mesh_outside_the_scenes_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.stl").write_text("solid")
    inner = tmp_path / "scene"
    inner.mkdir()
    mesh = {"name": "m", "shape": {"type": "mesh", "file": "../secret.stl"}}
    with pytest.raises(BadInput, match="leaves its folder"):
        load_scene(written(inner, MINIMAL | {"objects": [mesh]}))
