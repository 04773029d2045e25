"""What the benchmarks of exported code share: it is compiled, driven and weighed, and its times are summed up."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from robolab.export.onnx_model import session_of
from robolab.export.written import STEP_WRITERS, Written


def compiler() -> str:
    """What the C compiler calls itself."""
    told = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=False)
    return told.stdout.splitlines()[0]


def built(folder: Path, name: str, *options: str) -> None:
    """Compile `NAME.c` with its recorded test, and with `driver.c`."""
    flags = ["cc", "-std=c99", *options, f"{name}.c"]
    for source, program in ((f"{name}_test.c", "check"), ("driver.c", "driver")):
        subprocess.run([*flags, source, "-lm", "-o", program], cwd=folder, check=True)


def recorded(folder: Path) -> str:
    """What the recorded test says; it fails where a build is not close enough, and says by how much."""
    result = subprocess.run([str(folder / "check")], capture_output=True, text=True, check=False)
    return result.stdout.strip()


def driven(folder: Path, count: int, columns: int, realtime: bool = False) -> np.ndarray:
    """Run the driver so many times; return the numbers that it writes of each, shape (columns, count)."""
    first = ["chrt", "--fifo", "50"] if realtime else []
    command = [*first, str(folder / "driver"), str(count)]
    ran = subprocess.run(command, capture_output=True, check=True)
    return np.frombuffer(ran.stdout, np.uint32).reshape(-1, columns).T


def sections(folder: Path, name: str, *options: str) -> dict[str, int]:
    """Bytes of each section of `NAME.c`, compiled to be small and quick."""
    flags = ["cc", "-std=c99", "-O2", *options, "-c", f"{name}.c"]
    subprocess.run(flags, cwd=folder, check=True)
    command = ["size", "-A", f"{name}.o"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return {name: int(size) for name, size in re.findall(r"^\.(\S+)\s+(\d+)", listed, re.M)}


def state_bytes(folder: Path) -> int:
    """Bytes of the state, as the recorded test says."""
    found = re.search(r"state of (\d+)", recorded(folder))
    assert found is not None
    return int(found.group(1))


def percentiles(us: np.ndarray) -> dict[str, float]:
    """Median, 99.9 % and maximum [us]."""
    return {
        "count": len(us),
        "median_us": float(np.median(us)),
        "p999_us": float(np.quantile(us, 0.999)),
        "max_us": float(us.max()),
    }


def times_of(call: Callable[[int], object], count: int) -> np.ndarray:
    """Call with 0, 1, 2 and so on; return how long each took, shape (count,) [us]."""
    us = list[float]()
    for k in range(count):
        began = time.perf_counter()
        call(k)
        us.append(1e6 * (time.perf_counter() - began))
    return np.array(us)


def times_of_graph(
    step: Written, folder: Path, inputs: Mapping[str, np.ndarray], count: int
) -> np.ndarray | None:
    """Time the exported graph on its first state [us]; None where onnx or onnxruntime is not installed."""
    if find_spec("onnxruntime") is None or find_spec("onnx") is None:
        return None
    model, about = STEP_WRITERS.get("onnx").write(step, folder)
    session = session_of(model.read_bytes(), 1)
    first = {"state": np.array(json.loads(about.read_text(encoding="utf-8"))["state"])}
    wanted = {given.name for given in session.get_inputs()}
    feed = {name: value for name, value in {**first, **inputs}.items() if name in wanted}
    return times_of(lambda _: session.run(None, feed), count)
