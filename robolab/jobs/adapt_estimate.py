"""What an estimator that reads motor currents feels of a lift: the arm's currents are simulated, as identified."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robolab.core.rng import stream
from robolab.estimation.contract import ESTIMATORS, Sample
from robolab.estimation.model import LoadModel
from robolab.estimation.simulated import WAIT, Loads, Moves, record
from robolab.estimation.tooled import with_tool
from robolab.jobs.adapt_feel import Felt, Lift
from robolab.robots.model import RobotModel
from robolab.trajectory.loads import scaled
from robolab.trajectory.trajectory import LoadDoubt

_PERIOD = 0.01


@dataclass(frozen=True)
class EstimatingFeeler:
    """Runs a registered estimator over the first moments of a lift.

    The arm it listens to has friction and noise as they may be on another day, drawn from the seed and the object.

    Attributes:
        model: Identified of `bare`, the arm without a tool.
        estimator: Its registered name.
        after: See `adapt_feel.Feeler` [s].
    """

    model: LoadModel
    bare: RobotModel
    seed: int
    estimator: str = "fusion"
    after: float = 0.3

    @property
    def name(self) -> str:
        """See `adapt_feel.Feeler`."""
        return self.estimator

    def feel(self, lift: Lift) -> Felt:
        """See `adapt_feel.Feeler`."""
        robot, rng = lift.robot, stream(self.seed, "feel", lift.object)
        model = with_tool(self.model, self.bare, robot)
        true = lift.true
        load = Loads(
            np.array([true.mass]), np.asarray(true.com)[None], np.asarray(true.inertia)[None]
        )
        seen = record(robot, model, self._moves(lift), load, rng)
        estimator = ESTIMATORS.get(self.estimator)(model, robot, _PERIOD)
        rows = zip(seen.time.tolist(), seen.q[0], seen.qd[0], seen.current[0], strict=True)
        said = [estimator.update(Sample(*row)) for row in rows][-1]
        felt = replace(scaled(lift.expected, said.mass), com=said.com)
        return Felt(felt, LoadDoubt(said.mass_std, float(said.com_std.max())), self.after)

    def _moves(self, lift: Lift) -> Moves:
        time = np.arange(round((WAIT + self.after) / _PERIOD) + 1) * _PERIOD
        since = time - WAIT
        jets = lift.motion.jet(since, 2)
        jets[1:, since < 0.0] = 0.0
        return Moves(time, *jets[:, None])
