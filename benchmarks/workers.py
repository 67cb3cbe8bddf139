"""Worker processes that are ready before the clock runs.

python -m benchmarks.workers checkout,orders      says "ready", and works from the first line on its input
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable

# Two workers, by what the reference basket costs in each context; contexts that are not named go to the second.
FIRST_OF_TWO = ("checkout", "products", "promotions", "taxes", "shipping", "carts")


def split(contexts: Iterable[str], workers: int) -> list[list[str]]:
    """Each context to one worker."""
    labels = list(contexts)
    if workers == 1:
        return [labels]
    assert workers == 2, "the figures are for one worker and for two"
    return [
        [label for label in labels if label in FIRST_OF_TWO],
        [label for label in labels if label not in FIRST_OF_TWO],
    ]


class Workers:
    """`with` starts them and waits until all are ready; `go` lets them work; the end of the `with` ends them."""

    def __init__(self, parts: Iterable[Iterable[str]]) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.workers", ",".join(part)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for part in parts
        ]

    def go(self) -> None:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def check(self) -> None:
        """Fails where one has ended by itself."""
        for process in self._processes:
            assert process.poll() is None, f"a worker ended with status {process.returncode}"

    def __enter__(self) -> Workers:
        for process in self._processes:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said == "ready\n", f"a worker did not start: {said!r}"
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait()


def main(arguments: list[str]) -> None:
    """One worker, of the contexts that are named."""
    from argosy.apps.cli.project import ready

    ready()
    from argosy.platform.runtime import runtime
    from argosy.platform.worker import Worker

    worker = Worker(runtime(), arguments[0].split(","))
    worker.report = lambda line: print(line, file=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    print("ready", flush=True)
    if sys.stdin.readline():
        worker.run()


if __name__ == "__main__":
    main(sys.argv[1:])
