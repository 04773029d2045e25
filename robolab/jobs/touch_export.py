"""The job behind `robolab touch export`: from a folder of touch networks to files for a controller, with a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robolab import __version__
from robolab.core.files import content_hash, new_folder, write_json
from robolab.export.grip import GripCode
from robolab.export.layers import layers_step
from robolab.export.load import STEP_WRITERS
from robolab.export.written import Written
from robolab.jobs.saved import MANIFEST
from robolab.touch import grip, grip_program, tip_program
from robolab.touch.policy import RECIPE, WEIGHTS, program_of, read_recipe

ENTERED = (tip_program, grip_program)
"""Modules that enter a kind of policy when they are imported."""


def export_touch(
    policy: Path, formats: Sequence[str], out: Path, variant: str = "full"
) -> dict[str, Any]:
    """Write a policy's network in every format named; return the manifest that is written with it.

    A grip is more than its network: it is written as a whole in C only, and its network by itself in every format.

    Args:
        out: Folder, which is replaced as a whole if an earlier export stands there.
        variant: Which of the policy's forms, rounded or not.
    Raises:
        UnknownName: no such format, kind of policy or form.
        WeightsError: the folder holds no networks.
        ExportError: a format needs a package that is not there, or a grip is not there in it.
        OutputError: the folder cannot be written, or holds something else.
    """
    writers = {name: STEP_WRITERS.get(name) for name in dict.fromkeys(formats)}
    whole = variant == "full" and read_recipe(policy).get("kind") == grip.KIND
    step, says = _grip(policy) if whole else _network(policy, variant)
    with new_folder(out, replaces=MANIFEST) as staged:
        files = {
            name: [path.name for path in writer.write(step, staged)]
            for name, writer in writers.items()
        }
        manifest = {
            "robolab": __version__,
            "policy": policy.name,
            "policy_digest": content_hash(policy / RECIPE, policy / WEIGHTS),
            "variant": variant,
            **says,
            "formats": files,
            "files": {
                name: content_hash(staged / name)
                for name in sorted(name for names in files.values() for name in names)
            },
        }
        write_json(staged / MANIFEST, manifest)
    return manifest


def _grip(policy: Path) -> tuple[Written, dict[str, Any]]:
    return GripCode(grip.load_grip(policy)), {}


def _network(policy: Path, variant: str) -> tuple[Written, dict[str, Any]]:
    program = program_of(policy, variant)
    step = layers_step(program)
    return step, {
        "inputs": program.inputs,
        "outputs": program.outputs,
        "states": program.states,
        "multiplications": program.multiplications(),
        "weights": int(np.size(step.tables["WEIGHT"].value)),
    }
