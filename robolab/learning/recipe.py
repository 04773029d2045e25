"""Everything a training run can be told, as one frozen value that goes beside the weights."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from robolab.scene.spec import NotNegative, Positive, Spec

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Recipe(Spec):
    """How a policy is trained. Weights turn everything into seconds of motion.

    Attributes:
        proposals: Curves per problem.
        degree: Of the Bernstein curves.
        width, blocks: Of the residual network; corrector_width: of the one that corrects its curves.
        corrections: How often the network looks along its curves and corrects them.
        bend: Spread of the proposals' first shapes [rad].
        pool: Tool poses to draw problems from.
        pool_share: Most of the time that collecting them may take.
        batch: Problems per step.
        points: Samples along each curve per step, at random places.
        rate: Greatest learning rate; it warms up over `warm_up` steps and falls as a cosine of the time used.
        average: Decay per step of the averaged weights that are kept.
        slack: How far beyond its clearances a curve is still pushed away [m].
        clearance_weight: Per metre of hinge, averaged along the curve.
        depth_weight: Per metre at the worst point.
        most_trouble: What clearance, depth and leaning together cost at most [s].
        limit_weight: Per radian that a control point lies outside the joint limits.
        bending_weight: Per squared second-difference of the control points.
        sharpness: How strongly the better proposals of a problem take over its gradient [1/s].
        spread_share: Share of the gradient that all proposals keep.
        replay: Share of each batch drawn from problems that failed before.
        free_share: Largest share of problems that a straight line solves.
        near: Share of problems whose goal is the solution of its pose nearest to the start.
        carrying, placed: Shares of problems with a held object, and with objects at the job's places.
        held_out: Problems kept for the progress report.
        unseen: Problems for the final figures.
        calibration: Problems to learn on how sure to be of a proposal.
    """

    proposals: Count = 4
    degree: Annotated[int, Field(ge=3, le=16)] = 8
    width: Count = 448
    blocks: Count = 2
    corrector_width: Count = 256
    corrections: Annotated[int, Field(ge=0, le=8)] = 1
    bend: NotNegative = 0.7
    pool: Count = 3000
    pool_share: Share = 0.15
    batch: Count = 128
    points: Count = 16
    rate: Positive = 1e-3
    warm_up: Count = 100
    average: Share = 0.998
    slack: Positive = 0.02
    clearance_weight: NotNegative = 20.0
    depth_weight: NotNegative = 20.0
    most_trouble: Positive = 3.0
    limit_weight: NotNegative = 5.0
    bending_weight: NotNegative = 0.05
    sharpness: NotNegative = 4.0
    spread_share: Share = 0.1
    replay: Share = 0.3
    free_share: Share = 0.35
    near: Share = 0.5
    carrying: Share = 0.3
    placed: Share = 0.3
    held_out: Count = 256
    unseen: Count = 200
    calibration: Count = 1000
