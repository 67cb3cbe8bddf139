"""Real workers and a real web over the databases of ARGOSY_VAR, each in a process group of its own, killed by id.

    python -m tests.crash.processes --lease-seconds 2 worker --quiet

runs an `argosy` command with a shorter lease on calls, so that what a killed worker had leased is taken up soon.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from argosy.apps.cli.processes import PARENT, free_ports

LEASE_SECONDS = 2
LATENCY_MILLISECONDS = 3
LOSS = 0.05
WORKER, WEB = ("worker", "--quiet"), ("web",)


class Program:
    """One `argosy` command as a process. Start it from the main thread: it ends with whoever has started it."""

    def __init__(self, *arguments: str, crash_at: str = "", lease_seconds: int = LEASE_SECONDS) -> None:
        var = Path(os.environ["ARGOSY_VAR"])
        self.output = var / f"{arguments[0]}-{time.monotonic_ns()}.log"
        environment = {
            **os.environ,
            PARENT: str(os.getpid()),
            "ARGOSY_CRASH_AT": crash_at,
            "ARGOSY_TEST_GATEWAY_LATENCY_MS": str(LATENCY_MILLISECONDS),
            "ARGOSY_TEST_GATEWAY_LOSS": str(LOSS),
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.processes", "--lease-seconds", str(lease_seconds), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        """What it has said."""
        return self.output.read_text(errors="replace")

    def has_died_at(self, point: str) -> bool:
        return f"dies at {point}\n" in self.text

    def wait_until_dead_at(self, point: str, seconds: float = 20.0) -> None:
        """Until this process, or one that it has started, has died there; all of it is dead then."""
        give_up = time.monotonic() + seconds
        while not self.has_died_at(point):
            assert time.monotonic() < give_up, f"{point} was not reached in {seconds} s:\n{self.text}"
            time.sleep(0.005)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to all of its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()


def worker(crash_at: str = "", **options: Any) -> Program:
    return Program(*WORKER, crash_at=crash_at, **options)


class Web(Program):
    """The web on ports of its own; `address` is where it answers."""

    def __init__(self, crash_at: str = "", port: int = 0) -> None:
        waits = 0
        if not port:
            port, waits = free_ports()
        self.port = port
        more = ("--waits-port", str(waits)) if waits else ()
        super().__init__("web", "--port", str(port), *more, crash_at=crash_at)

    def wait_until_ready(self, seconds: float = 30.0) -> None:
        import http.client

        give_up = time.monotonic() + seconds
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            assert time.monotonic() < give_up and self.process.poll() is None, f"no web:\n{self.text}"
            time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lease-seconds", type=int, required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()

    from argosy.apps.cli.main import main as argosy
    from argosy.engine import due

    due.LEASE_MARGIN_SECONDS = options.lease_seconds
    return argosy(options.command) or 0


if __name__ == "__main__":
    sys.exit(main())
