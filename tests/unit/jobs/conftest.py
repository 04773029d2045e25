"""A small run without planners: pick a carton, move it, let it go."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.jobs.result import ExportResult, RunResult
from robolab.planning.proposal import Change, Proposal
from robolab.robots.model import Payload, RobotModel
from robolab.scene.realise import realise
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import (
    Dwell,
    Leg,
    LegRequirements,
    Output,
    Program,
    Trajectory,
)
from robolab.verify.report import Finding, VerificationReport

PROVENANCE = {
    "learned": {"proposal": Proposal(8, 3, 2, Change(0.25, "elbow_joint", 0.5)).to_json()},
    "ompl": {
        "tried_before": [
            {"planner": "learned", "why": "x", "proposal": Proposal(8, 8, why="no proposal is free").to_json()},
            {"planner": "direct", "why": "collision on the way"},
        ]
    },
}  # fmt: skip


@pytest.fixture(scope="session")
def realised(ur10e_scene: SceneSpec) -> SceneSpec:
    return realise(ur10e_scene, 7)


@pytest.fixture(scope="session")
def carry(ur10e: RobotModel) -> Program:
    def leg(name: str, shift: float, seconds: float, planner: str, carried: bool) -> Leg:
        ends = np.zeros((3, 2, ur10e.dof))
        ends[0] = ur10e.home + np.array([[shift], [shift + 0.2]])
        payload = Payload(3.0, np.array([0.0, 0.0, 0.1])) if carried else None
        return Leg(
            name,
            Trajectory(ur10e.joints, hermite([0.0, seconds], ends)),
            LegRequirements(0.01, 0.005),
            planner,
            "carton-a" if carried else None,
            payload,
            PROVENANCE.get(planner, {}),
        )

    items = (
        leg("1 reach", 0.0, 0.8, "learned", False),
        Output("vacuum", True, grasps="carton-a"),
        Dwell(0.25),
        leg("2 carry <b>", 0.2, 1.0, "ompl", True),
        Output("vacuum", False, releases="carton-a"),
        leg("3 away", 0.4, 0.5, "straight", False),
    )
    return Program("carry", "ur10e_transfer", "arm", ur10e.joints, items)


@pytest.fixture(scope="session")
def run_result(realised: SceneSpec, ur10e: RobotModel, carry: Program) -> RunResult:
    findings = tuple(
        Finding(check, share, share * 2.0, 2.0, 2.0 - 2.0 * share, True, unit, leg.name, i, ("elbow_joint",), 0.1)
        for i, leg in enumerate(carry.legs)
        for check, share, unit in (("velocity", 0.91, "rad/s"), ("torque", 0.4 + 0.1 * i, "N m"))
    )  # fmt: skip
    exports = {
        "csv": ExportResult(("trajectory.csv",), 1e-7),
        "gcode": ExportResult(refused="drives at most 4 axes"),
    }
    return RunResult(realised, 7, ur10e, carry, VerificationReport(findings), None, exports)
