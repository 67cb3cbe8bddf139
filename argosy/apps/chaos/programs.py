"""The marketplace's own commands as processes, which can be killed, stopped, starved of room, and told other times."""

from __future__ import annotations

import contextlib
import http.client
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from argosy.apps.cli.processes import PARENT, free_ports

SETTINGS = "ARGOSY_CHAOS_SETTINGS"
READY_SECONDS = 60.0
END_SECONDS = 20.0
RUN_SECONDS = 120.0


class Program:
    """One `argosy` command, in a process group of its own. It ends with whoever has started it. `folder` holds another
    version of the source than this one's."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None, folder: Path | None = None) -> None:
        self.name = arguments[0]
        self.arguments = arguments
        self.output = Path(os.environ["ARGOSY_VAR"]) / f"{self.name}-{time.monotonic_ns()}.log"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "argosy.apps.cli.main", *arguments],
                env={**_environment(environment or {}), PARENT: str(os.getpid())},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        """What it has said."""
        return self.output.read_text(errors="replace")

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        """To all of its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL, and nothing of it is left."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Politely; SIGKILL where that takes too long."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(END_SECONDS)
        self.kill()

    def limit_files(self, size: int) -> None:
        """None of its processes can write a file beyond this size, as if the disk were full; -1 ends that."""
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
                resource.prlimit(process, resource.RLIMIT_FSIZE, (most if size < 0 else size, most))

    def _processes(self) -> Iterator[int]:
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.getpgid(int(path.name)) == self.process.pid:
                    yield int(path.name)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ.get(SETTINGS, "config.chaos"), **more}


def run(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "argosy.apps.cli.main", *arguments],
        env=_environment({}),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )


def worker(contexts: str = "", environment: dict[str, str] | None = None, folder: Path | None = None) -> Program:
    """A worker for some contexts, or for all."""
    some = ("--contexts", contexts) if contexts else ()
    return Program("worker", "--quiet", *some, environment=environment, folder=folder)


def web(port: int, environment: dict[str, str] | None = None, folder: Path | None = None) -> Program:
    return Program(
        "web", "--port", str(port), "--waits-port", str(free_ports()[0]), environment=environment, folder=folder
    )


def wait_until_live(program: Program, port: int, seconds: float = READY_SECONDS) -> None:
    """Until the web answers at all."""
    give_up = time.monotonic() + seconds
    while not _answers(port):
        if time.monotonic() > give_up or not program.is_alive:
            raise TimeoutError(f"the web does not answer: {program.text[-500:]}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
