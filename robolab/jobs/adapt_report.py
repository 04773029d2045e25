"""What a report says of loads that were felt, and of the motion that was timed for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from robolab.jobs.adapted import Adapted, AdaptedLeg, Handled
from robolab.jobs.result import RunResult
from robolab.verify.report import VerificationReport

SHARES = (
    "velocity",
    "acceleration",
    "jerk",
    "torque",
    "tool_speed",
    "tool_acceleration",
    "holding",
)
"""Limits that a load bears on, directly or by how fast it lets the arm be; by name of their check."""


def adaptation_json(result: RunResult) -> dict[str, Any] | None:
    """Return the part of the report on loads that were felt; None where none was. No wall times."""
    adapted = result.adaptation
    if adapted is None:
        return None
    return {
        "feeler": adapted.feeler,
        "safe_quantile": adapted.settings.quantile,
        "allowance_s": adapted.settings.allowance,
        "too_late": adapted.late,
        "cycle_time_s": adapted.program.duration,
        "cycle_time_assumed_s": adapted.assumed.duration,
        "loads": [_load_json(handled, result.report) for handled in adapted.handled],
    }


def _load_json(handled: Handled, report: VerificationReport) -> dict[str, Any]:
    felt, safe = handled.felt, handled.safe
    return {
        "object": handled.object,
        "assumed_kg": [handled.assumed.light.mass, handled.assumed.heavy.mass],
        "true_kg": handled.true.mass,
        "estimate_kg": None if felt is None else felt.load.mass,
        "estimate_std_kg": None if felt is None else felt.doubt.mass,
        "centre_of_mass_m": None if felt is None else felt.load.com,
        "centre_of_mass_std_m": None if felt is None else felt.doubt.com,
        "known_after_s": None if felt is None else felt.after,
        "safe_kg": None if safe is None else [safe.light.mass, safe.heavy.mass],
        "safe_off_centre_m": None if safe is None else safe.off,
        "legs": [_leg_json(leg, report) for leg in handled.legs],
    }


def _leg_json(leg: AdaptedLeg, report: VerificationReport) -> dict[str, Any]:
    return {
        "name": leg.name,
        "index": leg.index,
        "assumed_s": leg.assumed,
        "retimed_s": leg.duration,
        "taken_over_s": leg.taken_over,
        "too_late": leg.late,
        "limit_shares": shares_of(leg, report),
    }


def shares_of(leg: AdaptedLeg, report: VerificationReport) -> dict[str, float]:
    """Return the largest share of each limit that the verifier found on a leg, under the true load."""
    return {
        finding.check: float(finding.share)
        for finding in report.findings
        if finding.index == leg.index and finding.check in SHARES
    }


def adaptation_section(result: RunResult) -> dict[str, Any] | None:
    """Return the section of the page, as text that needs no more formatting."""
    adapted = result.adaptation
    if adapted is None:
        return None
    return {
        "headline": headline(adapted),
        "quantile": f"{adapted.settings.quantile * 100.0:g}",
        "allowance": f"{adapted.settings.allowance * 1e3:.0f}",
        "feeler": adapted.feeler,
        "loads": [_load_row(handled) for handled in adapted.handled],
        "legs": [
            _leg_row(leg, result.report) for handled in adapted.handled for leg in handled.legs
        ],
    }


def headline(adapted: Adapted) -> str:
    """Return in a sentence what adapting was worth."""
    took, would = adapted.program.duration, adapted.assumed.duration
    felt = sum(handled.felt is not None for handled in adapted.handled)
    saved = 1.0 - took / would
    missed = (
        f"; {adapted.late} new time laws came too late and were left out" if adapted.late else ""
    )
    return (
        f"{felt} of {len(adapted.handled)} loads felt: {took:.2f} s instead of {would:.2f} s for the most "
        f"that they may be, {abs(saved) * 100.0:.1f} % {'less' if saved >= 0.0 else 'more'}{missed}"
    )


def retiming_seconds(adapted: Adapted | None) -> dict[str, float]:
    """Return how long timing anew took on a processor, by name."""
    if adapted is None or not adapted.retimings:
        return {}
    seconds = np.array([found.seconds for found in adapted.retimings])
    return {
        "timing anew, median": float(np.median(seconds)),
        "timing anew, worst": float(np.max(seconds)),
    }


def _load_row(handled: Handled) -> dict[str, str]:
    felt, safe = handled.felt, handled.safe
    before = f"{handled.assumed.light.mass:.1f} to {handled.assumed.heavy.mass:.1f}"
    return {
        "object": handled.object,
        "assumed": before,
        "true": f"{handled.true.mass:.2f}",
        "felt": "" if felt is None else f"{felt.load.mass:.2f} ± {felt.doubt.mass:.2f}",
        "after": "never" if felt is None else f"{felt.after:.2f}",
        "safe": "" if safe is None else f"{safe.light.mass:.2f} to {safe.heavy.mass:.2f}",
        "off": "" if safe is None else f"{safe.off * 1e3:.0f}",
    }


def _leg_row(leg: AdaptedLeg, report: VerificationReport) -> dict[str, str]:
    shares = shares_of(leg, report)
    return {
        "name": leg.name,
        "assumed": f"{leg.assumed:.3f}",
        "duration": f"{leg.duration:.3f}",
        "taken_over": _taken_over(leg),
        "shares": ", ".join(
            f"{name.replace('_', ' ')} {shares[name] * 100.0:.0f} %"
            for name in ("torque", "tool_acceleration", "holding")
            if name in shares
        ),
    }


def _taken_over(leg: AdaptedLeg) -> str:
    if leg.taken_over is None:
        return "too late" if leg.late else ""
    return f"{leg.taken_over:.3f}"
