"""The JSON Schema of scene files, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from robolab.scene.spec import SceneSpec


def scene_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scene file."""
    schema = SceneSpec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "robolab scene"
    schema["properties"].pop("folder", None)
    return schema
