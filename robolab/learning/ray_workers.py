"""Units of work as tasks of a Ray cluster, retried on another node when theirs is lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from robolab import __version__
from robolab.core.errors import WorkersError
from robolab.learning.workers import Ahead

_RETRIES = 5
_AGAIN = 3
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 12.0
_PROBE = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False)"


class _Ticket(NamedTuple):
    packed: Any
    unit: Any
    reference: Any


class RayCluster(Ahead):
    """A Ray cluster, on each of whose nodes this version of robolab is installed.

    Args:
        address: HOST:PORT of the head where this machine is a node, `ray://HOST:PORT` from outside, or "auto".
    Raises:
        WorkersError: Ray is not installed, or the cluster does not answer or is of another version.
    """

    def __init__(self, address: str) -> None:
        self._ray: Any = _import(address)
        _check(address)
        # Fails here only if the cluster went away since it was asked.
        try:
            self._ray.init(address=address, log_to_driver=False, logging_level="error")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise _silent(address, str(error)) from error
        cores = int(self._ray.cluster_resources().get("CPU", 1))
        super().__init__(max(cores, 1))
        self.address, self._nodes = address, len(self._ray.nodes())
        remote = self._ray.remote(num_cpus=1, max_retries=_RETRIES, scheduling_strategy="SPREAD")
        self._call = remote(_do)

    def __str__(self) -> str:
        return f"a Ray cluster of {self._nodes} nodes"

    def close(self) -> None:
        self._ray.shutdown()

    def _pack(self, job: Callable[[Any], Any]) -> Any:
        return self._ray.put(job)

    def _submit(self, packed: Any, unit: Any) -> _Ticket:
        return _Ticket(packed, unit, self._call.remote(__version__, packed, unit))

    def _collect(self, ticket: _Ticket) -> Any:
        from ray import exceptions  # pyright: ignore[reportMissingImports]

        for _ in range(_AGAIN):
            try:
                return self._ray.get(ticket.reference)
            except exceptions.RayTaskError as error:
                raise _cause(error, self.address) from error
            except exceptions.RayError as error:
                # Ray has tried the task itself, but not what came of it afterwards.
                lost = error
                self.tally.redone += 1
                ticket = self._submit(ticket.packed, ticket.unit)
        raise WorkersError(
            f"a unit of work was lost {_AGAIN} times: {_first_line(lost)}",  # pyright: ignore[reportPossiblyUnboundVariable]
            field="--cluster",
            value=self.address,
        )

    def _cancel(self, ticket: _Ticket) -> None:
        # Once disconnected, any call would connect to some cluster again.
        if self._ray.is_initialized():
            self._ray.cancel(ticket.reference, force=False)


def _do(version: str, job: Callable[[Any], Any], unit: Any) -> Any:
    """Do one unit on a node."""
    import torch

    if version != __version__:
        raise WorkersError(
            "a node of the cluster has another version of robolab",
            field="--cluster",
            value=__version__,
            expected=version,
        )
    torch.set_num_threads(1)
    return job(unit)


def _import(address: str) -> Any:
    # Errors are raised where results are collected; those of results nobody wants are no news.
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")
    try:
        import ray  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise WorkersError(
            "Ray is not installed",
            field="--cluster",
            value=address,
            expected="pip install 'robolab[cluster]'",
        ) from error
    return ray


def _check(address: str) -> None:
    """Ask in another process whether the cluster answers: Ray itself waits long, and may end the process."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise WorkersError(
                "is not an address",
                field="--cluster",
                value=address,
                expected="HOST:PORT, ray://HOST:PORT or auto",
            )
        try:
            socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
        except OSError as error:
            raise _silent(address, error.strerror or str(error)) from error
    command = [sys.executable, "-c", _PROBE, address]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _silent(address, f"no answer within {_ANSWER_SECONDS:.0f} s") from error
    if asked.returncode != 0:
        lines = asked.stderr.strip().splitlines() or [f"exit code {asked.returncode}"]
        raise _silent(address, lines[-1])


def _silent(address: str, reason: str) -> WorkersError:
    return WorkersError(
        f"no Ray cluster answers: {reason.splitlines()[0] if reason else 'unknown'}",
        field="--cluster",
        value=address,
        expected="the address that `ray start --head` has told",
    )


def _cause(error: Any, address: str) -> BaseException:
    cause: BaseException = error.cause
    if isinstance(cause, ModuleNotFoundError):
        return WorkersError(
            f"a node of the cluster cannot run robolab: {cause}",
            field="--cluster",
            value=address,
            expected=f"robolab {__version__} on every node",
        )
    return cause


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
