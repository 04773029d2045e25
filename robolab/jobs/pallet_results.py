"""An evaluation on disk: kept pallet by pallet while it runs, then written as counts, film, page and programs."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from robolab.core.errors import OutputError
from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.jobs.pallet_evaluate import Exam, evaluate
from robolab.jobs.pallet_film import film
from robolab.jobs.pallet_picture import png
from robolab.learning.sitting import Sitting

PROGRAMS = "programs.json"


@dataclass(frozen=True)
class Outputs:
    """Files for counts (JSON), film strip (PNG) and page (HTML), and folder for programs; None is not written."""

    out: Path
    film: Path | None = None
    report: Path | None = None
    programs: Path | None = None

    def checked(self) -> Outputs:
        """Return it, if it can be written: said before hours of work, not after.

        Raises:
            OutputError: a file is a folder, lies below a file, or two are the same; the folder holds something else.
        """
        files = [file for file in (self.out, self.film, self.report) if file is not None]
        for file in files:
            if file.is_dir():
                raise OutputError("is a folder", file=file, expected="a file to write")
            _below_folders(file)
        if len({file.resolve() for file in files}) < len(files):
            raise OutputError("is named twice", file=files[-1], expected="a file for each result")
        folder = self.programs
        if folder is not None:
            _below_folders(folder)
            if folder.is_file():
                raise OutputError("is a file", file=folder, expected="a folder to write into")
            if folder.is_dir() and any(folder.iterdir()) and not (folder / PROGRAMS).is_file():
                expected = "a new or empty folder, or an earlier result to replace"
                raise OutputError("holds something else", file=folder, expected=expected)
        return self


def _below_folders(path: Path) -> None:
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise OutputError("is a file", file=above, expected="a writable folder")


def kept_beside(out: Path) -> Path:
    """The folder beside a result in which its pallets are kept until it is whole."""
    return out.with_name(f".{out.name}.pallets")


def hold(
    exam: Exam,
    outputs: Outputs,
    workers: int = 0,
    resume: bool = False,
    say: Callable[[str], None] = lambda text: None,
    advance: Callable[[float, float], None] = lambda spent, total: None,
) -> dict[str, Any]:
    """Empty the pallets of an exam, and write what came of it; a run that was killed loses one pallet at most.

    Args:
        resume: Go on from the pallets that such a run has kept.
        say, advance: Are told of each pallet, and of the time spent and that in all [s].
    Returns:
        What `outputs.out` holds.
    Raises:
        SceneError, UnknownName, WeightsError: see `Exam.checked`; or what was kept is of another exam.
        OutputError: something cannot be written.
        WorkersError: processes keep dying.
    """
    exam.checked()
    outputs.checked()
    sitting = Sitting(kept_beside(outputs.out), exam.identity(), resume, "evaluation")
    earlier, began = len(kept_rows(sitting.folder)), time.monotonic()

    def tell(done: float, total: float) -> None:
        spent = time.monotonic() - began
        if done > earlier:
            advance(spent, spent * (total - earlier) / (done - earlier))
        say(f"{done:.0f} of {total:.0f} pallets")

    result = evaluate(exam, sitting.folder, workers, tell)
    rows = kept_rows(sitting.folder)
    if outputs.film is not None:
        write_bytes(outputs.film, film_of(sitting.folder, rows))
    if outputs.programs is not None:
        result["programs"] = _programs(outputs.programs, sitting.folder, rows)
    if outputs.report is not None:
        from robolab.jobs.pallet_report import report_html

        write_text(outputs.report, report_html(result, rows, sitting.folder))
    write_json(outputs.out, result)
    sitting.end()
    return result


def kept_rows(kept: Path) -> list[dict[str, Any]]:
    """Return what was kept of each pallet, in their order."""
    files = sorted(kept.glob("pallet-*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def picture_of(kept: Path, row: dict[str, Any], name: str) -> Path:
    """Where a picture of a pallet is kept."""
    return kept / f"pallet-{row['number']:04d}-{name}"


def film_of(kept: Path, rows: list[dict[str, Any]]) -> bytes:
    """Return the film strip of all pallets of which there are moments, as PNG."""
    pallets = [
        [Image.open(picture_of(kept, row, of["picture"])) for of in row["moments"]]
        for row in rows
        if row["moments"]
    ]
    return png(film(pallets))


def _programs(folder: Path, kept: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Copy the programs of all pallets into one folder; return how many of the moves are verified."""
    said = [{"level": row["level"], "seed": row["seed"], **row["programs"]} for row in rows]
    totals = {name: sum(of[name] for of in said) for name in ("picks", "verified")}
    with new_folder(folder, replaces=PROGRAMS) as staged:
        for row in rows:
            of = kept / f"programs-{row['number']:04d}"
            if of.is_dir():
                shutil.copytree(of, staged / f"{row['level']}-{row['seed']}")
        write_json(staged / PROGRAMS, {**totals, "pallets": said})
    return totals
