"""A model that was identified without a tool, for the same arm with one."""

from __future__ import annotations

import numpy as np

from robolab.core.errors import LoadModelError
from robolab.estimation.model import LoadModel
from robolab.robots.model import RobotModel


def with_tool(model: LoadModel, bare: RobotModel, tooled: RobotModel) -> LoadModel:
    """Add to the arm's last body what the description says of the tool.

    Args:
        bare: The arm that was identified. tooled: The same arm with the tool; loads are then given in its tcp.
    Raises:
        LoadModelError: they are different arms.
    """
    if bare.name != tooled.name or bare.joints != tooled.joints:
        raise LoadModelError(
            "is a model of another robot", value=bare.name, expected=tooled.name, field="robot"
        )
    added = tooled.linkage.inertial - bare.linkage.inertial
    inertial = np.array(model.inertial) + added
    return model.model_copy(
        update={
            "digest": tooled.digest,
            "inertial": tuple(tuple(row) for row in inertial.tolist()),
        }
    )
