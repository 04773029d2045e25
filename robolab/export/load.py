"""From an identified arm to an estimator for its controller, in several languages.

An estimator is one file that enters itself in `STEPS`, a language one that enters itself in `STEP_WRITERS`, and
either's import here.
"""

from robolab.export import load_c, load_kalman, load_network, load_onnx, load_st
from robolab.export.load_contract import STEP_WRITERS, STEPS, Step, StepWriter

__all__ = [
    "STEPS",
    "STEP_WRITERS",
    "Step",
    "StepWriter",
    "load_c",
    "load_kalman",
    "load_network",
    "load_onnx",
    "load_st",
]
