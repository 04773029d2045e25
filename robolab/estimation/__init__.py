"""What an arm's own signals tell: its dynamics, and the load it carries."""

from robolab.estimation import least_squares, payload, trained
from robolab.estimation.contract import ESTIMATORS, Estimate, Estimator, Sample

__all__ = ["ESTIMATORS", "Estimate", "Estimator", "Sample", "least_squares", "payload", "trained"]
