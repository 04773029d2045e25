"""The job behind `robolab touch learn fingertip`: from nothing to a fingertip's networks with the figures they reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.learning.sitting import Sitting
from robolab.touch.tip import CALIBRATION, WEIGHTS
from robolab.touch.tip_learn import Lesson, figures, teach
from robolab.touch.tip_program import KIND
from robolab.touch.tip_roughness import PLACES

RECIPE, METRICS, CARD = "recipe.yaml", "metrics.json", "CARD.md"


def learn_tip(
    out: Path, lesson: Lesson, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Teach the networks, try them, and write the folder whole or not at all.

    What a run goes on from after any interruption is kept in `.NAME.training` beside the folder until it is done; a run
    with another lesson begins anew.

    Returns:
        What `metrics.json` holds.
    Raises:
        OutputError: the folder cannot be written, or holds something else.
        WeightsError: what was kept of a run is damaged.
    """
    sitting = Sitting.by_itself(out, asdict(lesson))
    kept, told = sitting.folder, sitting.clock.heard(progress)
    networks = teach(lesson, kept, told)
    metrics = {
        **figures(networks, lesson, kept, told),
        "calibration": dict(networks.calibration),
        "minutes": sitting.clock.seconds() / 60.0,
        "cpu_minutes": sitting.clock.cpu_seconds() / 60.0,
        "weights": sum(value.numel() for value in networks.tensors().values()),
        "hardware": hardware(),
    }
    with new_folder(out, replaces=RECIPE) as folder:
        write_bytes(folder / WEIGHTS, weights.to_bytes(networks.tensors()))
        write_json(folder / CALIBRATION, dict(networks.calibration))
        write_text(
            folder / RECIPE,
            yaml.safe_dump({"kind": KIND, "lesson": asdict(lesson)}, sort_keys=False),
        )
        write_json(folder / METRICS, metrics)
        write_text(folder / CARD, card(lesson, metrics))
    sitting.end()
    return metrics


def card(lesson: Lesson, metrics: Mapping[str, Any]) -> str:
    """Return what the networks are for, how they were made and what they reach, in Markdown."""
    press, rough, slip = metrics["press"], metrics["roughness"], metrics["slip"]
    hard = metrics["hardness"]
    table = [
        f"| {what} | {reached} | {guess} | {_held(of)} |"
        for what, reached, guess, of in _rows(press, metrics["shape"], rough)
    ]
    return f"""# Networks of the optical fingertip

Tell from an image and from how its dots have moved: shear and normal force, height map, class and curvature of what is touched, roughness,
and whether what is held slides. {metrics["weights"]} weights in all. What the fingertip is, and where its figures come from: `docs/touch.md`.

## How to make them again

    robolab touch learn fingertip --seed {lesson.seed} --out policies/touch_fingertip

Took {metrics["cpu_minutes"]:.1f} minutes of one core, these figures included. It goes on where it was cut off.

## {press["presses"]} presses and {rough["surfaces"]} rough surfaces that none has seen

Half of PyBullet's random objects 800 to 899 (learned from: 0 to 719, calibrated on: 720 to 799), half plain shapes whose sizes lie in
two of eight bands that training leaves out; roughness likewise. Class and curvature are of plain shapes alone. Every fingertip is drawn anew: gel, lamps, wear. Guesses are the median, or nothing.

| | reached | plain guess | 90 % intervals held |
|---|---|---|---|
{chr(10).join(table)}

R_a, by how many places of a surface are pressed, each with a force of its own and looked at in eight frames:

| places | surfaces | median error | mean error |
|---|---|---|---|
{_roughness_rows(rough)}

## Hardness

Not learned: what the finger's travel has and the height map has not is what the object gives. Of {hard["presses"]} presses on plain shapes,
a quarter of them of 0.2 to 10 MPa and the others rigid, {hard["told"]} are told (edges and corners are not): the median of {hard["soft"]} soft ones is off by a factor of
{hard["median_factor"]:.2f}, {hard["within_twofold"]:.0%} are within twofold, and {hard["intervals_held"]:.0%} of the 90 % intervals hold. Of {hard["rigid"]} rigid ones {hard["rigid_told_soft"]} are taken for soft.

{_slip_section(slip)}
## Forms for a controller

`robolab touch export --policy policies/touch_fingertip --variant FORM`; a distilled one is a narrow network taught by the full one, int8 holds rounded matrices.

| form | slip, area under the curve, pulls | R_a, median error |
|---|---|---|
{_forms(metrics["forms"])}

## Hardware

{", ".join(f"{k} {v}" for k, v in metrics["hardware"].items())}
"""


def _roughness(of: Mapping[str, Any]) -> str:
    return f"{of['median_share']:.1%} | {of['mean_share']:.1%}"


def _roughness_rows(rough: Mapping[str, Any]) -> str:
    places = [
        f"| {places} | {rough['surfaces']} | {_roughness(rough[f'places {places}'])} |"
        for places in (1, 3, PLACES)
    ]
    ranges = [
        f"| {PLACES}, {name} | {of['surfaces']} | {_roughness(of)} |"
        for name, of in rough.items()
        if name.endswith("um")
    ]
    return "\n".join([*places, *ranges])


def _forms(forms: Mapping[str, Mapping[str, float]]) -> str:
    slip = [f"| {name} | {f['auc_pulls']:.3f} | |" for name, f in forms.items() if "auc_pulls" in f]
    rough = [
        f"| {name} | | {f['median_share']:.1%} |" for name, f in forms.items() if "mean_share" in f
    ]
    return "\n".join([*slip, *rough])


def _slip_section(slip: Mapping[str, Any]) -> str:
    scores = {
        "network": slip["auc_pulls"],
        **{f"network, {name}": value for name, value in slip["auc_by"].items()},
        **{f"threshold on `{name}`": v for name, v in slip["thresholds_auc_pulls"].items()},
    }
    smooth = slip["smooth"]
    table = [f"| {name} | {value:.3f} |" for name, value in scores.items()]
    return f"""## {slip["pulls"]} pulls, {slip["that_slide"]} of which slide

Told within 30 ms after the whole begins to slide, at {slip["frames_per_second"]:g} frames a second, on things of R_a 0.5 to 50 um; the finger is
driven past them at 5 to 50 mm/s, or stops before. A pull that slides counts by the largest of its frames within 30 ms, one that holds by the largest of all.

| | area under the curve, pulls |
|---|---|
{chr(10).join(table)}

Frames within 30 ms against all that come before sliding: {slip["auc_frames"]:.3f}. On {smooth["pulls"]} pulls on perfectly smooth things ({smooth["that_slide"]} slide): {smooth["auc_pulls"]:.3f}.
At even odds the network finds {slip["found_within_30_ms"]:.1%} within 30 ms, raises a false alarm in {slip["false_alarms_in_pulls_that_hold"]:.1%} of the pulls that hold,
and is early, while the middle still holds, in {slip["alarm_before_it_slides"]:.1%} of those that slide.
"""


def _rows(
    press: Mapping[str, Any], shape: Mapping[str, Any], rough: Mapping[str, Any]
) -> list[tuple[str, str, str, Mapping[str, Any]]]:
    """What is told, how far off, how far a plain guess is off, and whose intervals those are."""
    return [
        ("normal force, mean error", f"{press['normal']['mae_N']:.3f} N, {press['normal']['share_of_range']:.1%} of its range", f"{press['normal']['guess_mae_N']:.2f} N", press["normal"]),
        ("shear force, mean error of each of x and y", f"{press['shear']['mae_N']:.3f} N, {press['shear']['share_of_range']:.1%} of its range", f"{press['shear']['guess_mae_N']:.2f} N", press["shear"]),
        ("height map, mean error over all", f"{press['height']['mae_mm']:.4f} mm", "", press["height"]),
        ("height map, mean error where more than 0.05 mm is pressed", f"{press['height']['mae_in_patch_mm']:.4f} mm", f"{press['height']['guess_mae_in_patch_mm']:.3f} mm", {}),
        ("patch, intersection over union", f"{press['height']['patch_overlap']:.1%}", "", {}),
        ("shape class, right", f"{shape['accuracy']:.1%} of {shape['presses']}", f"{shape['chance']:.1%}", {}),
        ("largest curvature, mean error", f"{shape['curvature']['mae_per_m']:.1f} 1/m", f"{shape['curvature']['guess_mae_per_m']:.1f} 1/m", shape["curvature"]),
        (f"R_a from {PLACES} places, median error", f"{rough[f'places {PLACES}']['median_share']:.1%} of it", f"{rough['guess_median_share']:.0%}", rough[f"places {PLACES}"]),
    ]  # fmt: skip


def _held(of: Mapping[str, Any]) -> str:
    return f"{of['intervals_held']:.0%}" if "intervals_held" in of else ""
