"""How a fin-ray finger gives way."""

from dataclasses import replace

import numpy as np
import pytest

from robolab.robots.finray import FinRay, front_stiffness, joint_stiffness

FINGER = FinRay(
    length=0.08, depth=0.03, width=0.025, beam=0.003, rib=0.0015, modulus=26e6, segments=4
)


def test_stiffness_is_that_of_a_passive_body() -> None:
    K = joint_stiffness(FINGER)
    np.testing.assert_allclose(K, K.T, rtol=1e-9)
    assert np.linalg.eigvalsh(K).min() > 0.0


def test_pressed_in_the_middle_the_tip_stays_and_leans_over() -> None:
    given = np.linalg.solve(front_stiffness(FINGER), np.array([0.0, 1.0, 0.0, 0.0]))
    assert given[1] > 1e-3  # a newton presses the middle in by more than a millimetre
    assert given[3] < 0.15 * given[1]
    alone = np.linalg.solve(
        front_stiffness(replace(FINGER, rib=1e-9, depth=1e-3)), np.array([0.0, 1.0, 0.0, 0.0])
    )
    assert alone[3] > alone[1]  # without ribs it bends away like any beam


def test_a_beam_without_ribs_bends_as_two_cantilevers() -> None:
    thin = replace(FINGER, rib=1e-12, depth=1e-9)
    tip = np.linalg.inv(front_stiffness(thin))[3, 3]
    bending = thin.modulus * thin.width * thin.beam**3 / 12.0
    assert tip == pytest.approx(thin.length**3 / (3.0 * 2.0 * bending), rel=1e-3)


def test_stiffness_grows_with_the_material() -> None:
    twice = replace(FINGER, modulus=2.0 * FINGER.modulus)
    np.testing.assert_allclose(joint_stiffness(twice), 2.0 * joint_stiffness(FINGER))


def test_figures_are_in_millimetres_and_megapascal() -> None:
    figures = {
        "length_mm": 80.0, "depth_mm": 30.0, "width_mm": 25.0, "beam_mm": 3.0, "rib_mm": 1.5, "modulus_mpa": 26.0,
    }  # fmt: skip
    assert vars(FinRay.of_figures(figures, 4)) == pytest.approx(vars(FINGER))
