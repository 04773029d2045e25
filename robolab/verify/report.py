"""What verification found: one finding per check and leg, and whether all of them hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BEYOND_ALL_SHARES = 1000.0
"""Stands for a share without bound, such as that of a clearance which is not there at all."""


@dataclass(frozen=True)
class Finding:
    """The worst that one check saw on one leg.

    Attributes:
        check: Name of the check ("velocity", "clearance", …).
        share: Largest share of the limit used; at most 1 where the finding is ok.
        value, limit: What was found and what is allowed, in `unit`.
        margin: How far the value stays on the good side of the limit; negative when it does not.
        leg, index: Name and place among the legs, or None for the program as a whole.
        where: The joint, or the two bodies, that the finding is about.
        time: When in the leg [s].
        detail: A sentence for what numbers do not say.
    """

    check: str
    share: float
    value: float
    limit: float
    margin: float
    ok: bool
    unit: str = ""
    leg: str | None = None
    index: int | None = None
    where: tuple[str, ...] = ()
    time: float | None = None
    detail: str = ""

    @classmethod
    def at_most(
        cls,
        check: str,
        value: float,
        limit: float,
        unit: str,
        leg: str | None,
        index: int | None,
        time: float,
    ) -> Finding:
        """Return the finding on a value that may not exceed its limit."""
        return cls(
            check=check,
            share=value / limit,
            value=value,
            limit=limit,
            margin=limit - value,
            ok=value <= limit,
            unit=unit,
            leg=leg,
            index=index,
            time=time,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain types in a fixed order."""
        return {
            "check": self.check,
            "leg": self.leg,
            "index": self.index,
            "where": list(self.where),
            "time": None if self.time is None else float(self.time),
            "value": float(self.value),
            "limit": float(self.limit),
            "unit": self.unit,
            "share": float(self.share),
            "margin": float(self.margin),
            "ok": bool(self.ok),
            "detail": self.detail,
        }

    def line(self) -> str:
        """One line for the terminal."""
        parts = [self.check]
        if self.leg is not None:
            parts.append(f"leg {self.index} {self.leg!r}")
        if self.where:
            parts.append(" and ".join(self.where))
        if self.time is not None:
            parts.append(f"at {self.time:.3f} s")
        numbers = f"{self.value:.4g} {self.unit}".rstrip() + f", limit {self.limit:.4g}"
        return ", ".join(parts) + ": " + (self.detail or numbers)


def failed(check: str, detail: str, *, leg: str | None = None, index: int | None = None) -> Finding:
    """Return the finding of something that is wrong as a whole, without a number."""
    return Finding(check, BEYOND_ALL_SHARES, 1.0, 0.0, -1.0, False, "", leg, index, detail=detail)


def passed(check: str) -> Finding:
    """Return the finding of something that is right as a whole."""
    return Finding(check, 0.0, 0.0, 0.0, 0.0, True)


@dataclass(frozen=True)
class VerificationReport:
    """All findings on a program, in the order of its legs, then by check.

    Attributes:
        resolution: What the numbers were checked to, by name, with units in the names.
    """

    findings: tuple[Finding, ...]
    resolution: Mapping[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def of_findings(
        cls, findings: Iterable[Finding], resolution: Mapping[str, float]
    ) -> VerificationReport:
        """Return the report on findings in any order."""
        return cls(tuple(sorted(findings, key=_order)), resolution)

    def with_more(self, findings: Iterable[Finding]) -> VerificationReport:
        """Return the report with what was found besides."""
        return self.of_findings((*self.findings, *findings), self.resolution)

    @property
    def verified(self) -> bool:
        """Whether there are findings and every one of them is ok."""
        return bool(self.findings) and all(finding.ok for finding in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.ok)

    @property
    def checks(self) -> tuple[str, ...]:
        """Names of the checks that found anything to look at, sorted."""
        return tuple(sorted({finding.check for finding in self.findings}))

    def of(self, check: str) -> tuple[Finding, ...]:
        """Return the findings of one check."""
        return tuple(finding for finding in self.findings if finding.check == check)

    def worst(self, check: str) -> Finding | None:
        """Return the finding with the largest share of one check."""
        return max(self.of(check), key=lambda finding: finding.share, default=None)

    def largest_share(self, check: str) -> float:
        """Largest share of the limit used on any leg; 0 if the check found nothing to look at."""
        worst = self.worst(check)
        return 0.0 if worst is None else worst.share

    @property
    def least_clearance(self) -> float | None:
        """Least distance [m] of robot or carried object to the surroundings; None without any."""
        names = ("clearance", "carried_clearance")
        return min((f.value for f in self.findings if f.check in names), default=None)

    def to_json(self) -> dict[str, Any]:
        """Return plain types in a fixed order, ready for `json.dumps(..., allow_nan=False)`."""
        return {
            "verified": self.verified,
            "largest_share": {check: float(self.largest_share(check)) for check in self.checks},
            "least_clearance": self.least_clearance,
            "resolution": {name: float(value) for name, value in sorted(self.resolution.items())},
            "findings": [finding.to_json() for finding in self.findings],
        }

    def explain(self, most: int = 10) -> list[str]:
        """Short lines on why the program is not verified; empty if it is."""
        failures = sorted(self.failures, key=lambda finding: -finding.share)
        if not self.findings:
            return ["nothing was checked"]
        lines = [finding.line() for finding in failures[:most]]
        if len(failures) > most:
            lines.append(f"and {len(failures) - most} more")
        return lines


def _order(finding: Finding) -> tuple[int, str]:
    return (-1 if finding.index is None else finding.index, finding.check)
