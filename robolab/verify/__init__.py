"""Independent verification: own model, own geometry, own reading of the polynomials."""

from robolab.verify.checks import CHECKS, Settings
from robolab.verify.report import Finding, VerificationReport
from robolab.verify.story import Held
from robolab.verify.verify import verify_program, verify_trajectory

__all__ = [
    "CHECKS",
    "Finding",
    "Held",
    "Settings",
    "VerificationReport",
    "verify_program",
    "verify_trajectory",
]
