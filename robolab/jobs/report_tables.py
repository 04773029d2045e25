"""The tables of a report, as text that needs no more formatting."""

from __future__ import annotations

from typing import Any

from robolab.jobs.result import RunResult
from robolab.jobs.series import Series
from robolab.jobs.svg import number
from robolab.planning.proposal import KEY, proposal_words
from robolab.trajectory.trajectory import Leg
from robolab.verify.report import Finding, VerificationReport

_QUIET_SHARE = 0.02


def tile_rows(result: RunResult) -> list[dict[str, Any]]:
    """The figures that stand first."""
    report = result.report
    tiles = [_tile("cycle time", f"{result.program.duration:.2f} s", _legs(result))]
    worst = max(report.findings, key=lambda finding: finding.share, default=None)
    if worst is not None:
        label = f"{worst.check.replace('_', ' ')}{', ' + ' and '.join(worst.where) if worst.where else ''}"
        tiles.append(_tile("largest share of a limit", share(worst), label, not worst.ok))
    if report.least_clearance is not None:
        tiles.append(_tile("least clearance", f"{number(report.least_clearance * 1e3)[:5]} mm"))
    if result.tracking is not None:
        error = float(max(result.tracking.tcp_error, default=0.0))
        tiles.append(_tile("tracking error", f"{error * 1e3:.2f} mm", "largest, in the physics"))
    if result.opinion is not None:
        worst_joint = result.opinion.largest
        number_apart = f"{worst_joint.difference * 1e3:.2f} m{worst_joint.unit}"
        tiles.append(_tile("engines apart", number_apart, f"largest, {worst_joint.joint}"))
    errors = [e.read_back_error for e in result.exports.values() if e.read_back_error is not None]
    if errors:
        tiles.append(
            _tile("read-back error", f"{max(errors):.1e} rad", f"of {len(errors)} programs")
        )
    if result.comparison is not None:
        beside = result.comparison
        note = (
            f"{beside.planned:.2f} s against {beside.recorded:.2f} s recorded, {beside.poses} poses"
        )
        tiles.append(_tile("motion time ratio", f"{beside.ratio:.2f}", note))
    return tiles


def leg_rows(result: RunResult, series: Series) -> list[dict[str, Any]]:
    """One row a leg: who planned it, how long it takes, what it carries, how near its limits it goes."""
    rows: list[dict[str, Any]] = []
    for i, (leg, (start, end)) in enumerate(zip(result.program.legs, series.legs, strict=True)):
        findings = [f for f in result.report.findings if f.index == i]
        worst = max(findings, key=lambda finding: finding.share, default=None)
        rows.append(
            {
                "name": leg.name,
                "planner": leg.planner,
                "start": f"{start:.3f}",
                "duration": f"{end - start:.3f}",
                "payload": f"{leg.payload.mass:.2f}" if leg.payload else "",
                "share": "" if worst is None else f"{share(worst)} {worst.check.replace('_', ' ')}",
                "remark": _why(leg),
                "bad": any(not f.ok for f in findings),
            }
        )
    return rows


def worst_findings(report: VerificationReport) -> list[Finding]:
    """The finding with the largest share of each check, largest first."""
    worst = [finding for check in report.checks if (finding := report.worst(check)) is not None]
    return sorted(worst, key=lambda finding: -finding.share)


def quiet_checks(report: VerificationReport) -> list[str]:
    """Names of the checks that hold with next to nothing of their limit used."""
    return [f.check.replace("_", " ") for f in worst_findings(report) if _quiet(f)]


def bar_rows(report: VerificationReport) -> list[dict[str, Any]]:
    """The largest share of each limit, largest first, without the quiet ones."""
    return [
        {
            "check": finding.check.replace("_", " "),
            "width": round(min(max(finding.share, 0.0), 1.0) * 100.0, 1),
            "share": share(finding),
            "value": f"{_value(finding.value)} of {_value(finding.limit)} {finding.unit}",
            "where": _place(finding),
            "bad": not finding.ok,
        }
        for finding in worst_findings(report)
        if not _quiet(finding)
    ]


def finding_rows(report: VerificationReport) -> list[dict[str, Any]]:
    """Every finding: what fails first, then in the report's order."""
    return [
        {
            "ok": finding.ok,
            "check": finding.check.replace("_", " "),
            "leg": finding.leg or "",
            "where": " and ".join(finding.where),
            "time": "" if finding.time is None else f"{finding.time:.3f}",
            "value": f"{_value(finding.value)} {finding.unit}",
            "limit": _value(finding.limit),
            "share": share(finding),
            "detail": finding.detail,
        }
        for finding in sorted(report.findings, key=lambda finding: finding.ok)
    ]


def program_rows(result: RunResult) -> list[dict[str, Any]]:
    """The files of each format with their read-back error, or why the controller refuses."""
    rows: list[dict[str, Any]] = []
    for name, export in result.exports.items():
        error = export.read_back_error
        text = export.refused or ("" if error is None else f"{error:.1e}")
        rows.append({"name": name, "files": export.files, "error": text})
    return rows


def share(finding: Finding) -> str:
    """A share of a limit in per cent."""
    return f"{finding.share * 100.0:.1f} %" if finding.share < 10.0 else "far over"


def _quiet(finding: Finding) -> bool:
    return finding.ok and finding.share < _QUIET_SHARE


def _why(leg: Leg) -> str:
    """How the path came about: what became of the network's proposals, and of planners tried before."""
    others = [
        f"{tried['planner']} found none: {tried['why']}"
        for tried in leg.provenance.get("tried_before", ())
        if KEY not in tried
    ]
    return "; ".join([words for words in (proposal_words(leg.provenance), *others) if words])


def _tile(label: str, value: str, note: str = "", bad: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "note": note, "bad": bad}


def _legs(result: RunResult) -> str:
    legs = result.program.legs
    learned = sum(leg.planner == "learned" for leg in legs)
    return f"{len(legs)} legs, {learned} learned" if learned else f"{len(legs)} legs"


def _value(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _place(finding: Finding) -> str:
    parts = [" and ".join(finding.where), finding.leg or ""]
    return ", ".join(part for part in parts if part)
