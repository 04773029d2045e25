from __future__ import annotations

import re
import struct
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from robolab.jobs.report_html import report_html
from robolab.jobs.report_plots import png_size, project
from robolab.jobs.result import RunResult
from robolab.scene.spec import CameraView
from robolab.verify.report import Finding, VerificationReport

_VOID = {"meta", "img", "br"}


class _Page(HTMLParser):
    """Checks that tags close in order, and keeps text and what the page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _read(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * 3 * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def html(run_result: RunResult) -> str:
    return report_html(replace(run_result, picture=_png(96, 60)))


def test_page_is_well_formed_small_and_self_contained(html: str) -> None:
    page = _read(html)
    assert len(html) < 300_000
    assert all(link.startswith("data:") or link == "trajectory.csv" for link in page.links)
    assert not re.search(r"url\(|@import|<script", html)
    assert not re.search(r"\bnan\b|\binf\b", html)


def test_page_tells_what_matters(html: str, run_result: RunResult) -> None:
    words = " ".join(" ".join(_read(html).text).split())
    expected = (
        "Verified", f"{run_result.program.duration:.2f} s", "learned", "ompl", "no proposal is free",
        "3.00", "91.0 %", "1.0e-07", "drives at most 4 axes", "elbow_joint",
        "choice 2 of 8, 42 % sure, refined: elbow_joint by up to 0.250 rad, at 50 % of the way",
        "learned given up, 3 % sure of the best: no proposal is free", "direct found none: collision on the way",
        "What held the motion back", "What was in the way", "Why each leg is as it is",
    )  # fmt: skip
    assert [word for word in expected if word not in words] == []


def test_names_are_escaped(html: str) -> None:
    assert "2 carry <b>" not in html
    assert "2 carry &lt;b&gt;" in html


def test_each_joint_has_four_plots_with_its_limits(html: str, run_result: RunResult) -> None:
    joints = run_result.robot.joints
    assert all(html.count(f"<title>{joint}: ") == 4 for joint in joints)
    # Two limits a plot, the share that counts as much, and one of clearance.
    assert html.count('class="limit"') == 8 * len(joints) + 2


def test_failure_stands_first(run_result: RunResult) -> None:
    bad = Finding(
        "torque", 1.2, 396.0, 330.0, -66.0, False, "N m", "1 reach", 0, ("elbow_joint",), 0.3
    )
    report = VerificationReport((*run_result.report.findings, bad))
    text = report_html(replace(run_result, report=report, exports={}))
    words = " ".join(" ".join(_read(text).text).split())
    assert "Not verified" in words
    assert words.index("Why it is not verified") < words.index("Cycle")
    assert "120.0 %" in words
    assert "<details open>" in text


def test_same_run_gives_same_page(run_result: RunResult) -> None:
    assert report_html(run_result) == report_html(run_result)


def test_projection_meets_the_middle_and_drops_what_lies_behind() -> None:
    view = CameraView(eye=(2.0, -1.0, 1.5), target=(0.0, 0.2, 0.4), fov_deg=45.0)
    points = np.array(
        [view.target, np.add(view.target, (0.0, 0.0, 0.3)), np.multiply(2.0, view.eye)]
    )
    pixels = project(view, points, (960, 600))
    np.testing.assert_allclose(pixels[0], (479.5, 299.5), atol=1e-6)
    assert pixels[1, 1] < pixels[0, 1]
    assert np.isnan(pixels[2]).all()


def test_png_size() -> None:
    assert png_size(_png(96, 60)) == (96, 60)
