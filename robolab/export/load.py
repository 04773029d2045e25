"""From an identified arm to an estimator for its controller, in several languages.

An estimator is one file that enters itself in `STEPS`, a language one that enters itself in `STEP_WRITERS`, and
either's import here.
"""

from robolab.export import language_c, language_onnx, language_st, load_kalman, load_network
from robolab.export.load_contract import STEPS, Step
from robolab.export.written import STEP_WRITERS, StepWriter

__all__ = [
    "STEPS",
    "STEP_WRITERS",
    "Step",
    "StepWriter",
    "language_c",
    "language_onnx",
    "language_st",
    "load_kalman",
    "load_network",
]
