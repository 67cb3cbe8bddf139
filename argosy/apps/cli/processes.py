"""Processes that live and end together: the parts of a marketplace under one command."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from argosy.apps.cli.console import Failed, progress

PARENT = "ARGOSY_PARENT"
STOP_SECONDS = 15.0
READY_SECONDS = 60.0
REVIVED_MAX, REVIVED_SECONDS = 3, 60.0
"""So often in so long what ends by itself is started again: whatever ends at once again has a reason."""
_PR_SET_PDEATHSIG = 1


class Processes:
    """`start` some, `watch` them; leaving the `with` ends them all, politely first."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._parts: dict[str, tuple[tuple[str, ...], Mapping[str, str] | None]] = {}
        self._revived: dict[str, list[float]] = {}

    def start(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """One more `argosy NAME ...`, which ends when this process does. It is in a process group of its own, so that
        Ctrl-C at a terminal reaches this process alone, and each part is told to end once."""
        self._parts[name] = arguments, environment
        self._running[name] = subprocess.Popen(
            [sys.executable, "-m", "argosy.apps.cli.main", name.partition(" ")[0], *arguments],
            env={**os.environ, **(environment or {}), PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            process_group=0,
        )

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def check(self) -> None:
        """Failed, where one has ended by itself."""
        for name in self._running:
            if how := self._ended(name):
                raise Failed(f"the {name} {how}; everything is stopped")

    def revive(self) -> Iterator[str]:
        """Whoever has ended by itself is started again; how each has ended, in a line. Failed, where one will not
        stay."""
        for name in list(self._running):
            how = self._ended(name)
            if not how:
                continue
            now = time.monotonic()
            lately = [then for then in self._revived.get(name, ()) if then > now - REVIVED_SECONDS]
            if len(lately) >= REVIVED_MAX:
                raise Failed(f"the {name} {how}, again and again; everything is stopped")
            self._revived[name] = [*lately, now]
            arguments, environment = self._parts[name]
            self.start(name, *arguments, environment=environment)
            yield f"the {name} {how}; it is started again"

    def _ended(self, name: str) -> str:
        """How, where it has."""
        status = self._running[name].poll()
        if status is None:
            return ""
        return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"

    def watch(self) -> None:
        """Stay until one has ended by itself, which is Failed."""
        while True:
            self.check()
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask all to end, and make those end that take too long."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        give_up = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(give_up - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error: object) -> None:
        with _unhurried():
            self.stop()

    def wait_until_ready(self, host: str, port: int) -> None:
        """Until the web answers that it can serve."""
        give_up = time.monotonic() + READY_SECONDS
        with progress("starting web and worker"):
            while not _is_ready(host, port):
                self.check()
                if time.monotonic() >= give_up:
                    raise Failed(f"the web does not answer on {host} port {port} after {READY_SECONDS:.0f} s")
                time.sleep(0.05)


@contextmanager
def _unhurried() -> Iterator[None]:
    """A second Ctrl-C does not interrupt the ending."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end this process as Ctrl-C does: with everything that it has started."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Where another `argosy` has started this process, it ends with that one, however that ends (Linux)."""
    parent = os.environ.pop(PARENT, "")
    if not parent.isdigit():
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit(1)


def check_ports(host: str, *ports: int) -> None:
    """Failed, where somebody else listens already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in ports:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (UnicodeError, TypeError):
                raise Failed(f"cannot listen on {host[:60]}: this is no address") from None
            except socket.gaierror as error:
                raise Failed(f"cannot listen on {host[:60]}: {str(error.strerror).lower()}") from None
            except OSError as error:
                raise Failed(
                    f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0).lower()}; "
                    f"choose another with --port"
                ) from None


def free_ports(host: str = "127.0.0.1") -> tuple[int, int]:
    """Two ports that nobody listens on; below those that systems give to connections that go out, one of which could
    have them before they are used."""
    found: set[int] = set()
    while len(found) < 2:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            found.add(port)
    first, second = found
    return first, second


def _is_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
