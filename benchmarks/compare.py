"""What a checkout costs here, against what it cost at an earlier commit: both run in turns, so that a slow minute slows
both.

    python -m benchmarks.compare COMMIT [--most 1.2] [--turns 5]

Compares the median processor time of the worker per reference checkout, and fails above `--most` times the earlier
one. COMMIT is laid out in a folder of its own beside the repository's files, which stay as they are.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
MOST = 1.2
TURNS = 5
CHECKOUTS = 400


class NoSuchCommit(Exception):
    """The repository at hand does not hold the commit."""


@contextmanager
def laid_out(commit: str) -> Iterator[Path]:
    """The files of a commit, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="argosy-compare-") as folder:
        packed = subprocess.run(["git", "archive", commit], cwd=HERE, capture_output=True, check=False)
        if packed.returncode:
            raise NoSuchCommit(packed.stderr.decode().strip().splitlines()[0])
        subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        yield Path(folder)


def cost(place: Path, checkouts: int) -> float:
    """Microseconds of the worker's processor time per checkout, measured by the benchmark that lies there."""
    command = [sys.executable, "-m", "benchmarks.engine", "--runs", "1", "--checkouts", str(checkouts), "--json"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the benchmark of {place} failed:\n{done.stderr[-2000:]}")
    [result] = json.loads(done.stdout)
    return float(result["worker_thread_cpu_us"])


def compare(commit: str, turns: int, checkouts: int) -> tuple[float, float]:
    """The median costs of the commit and of what lies here."""
    costs: dict[Path, list[float]] = {}
    with laid_out(commit) as there:
        for turn in range(turns):
            for place in (there, HERE) if turn % 2 else (HERE, there):
                costs.setdefault(place, []).append(cost(place, checkouts))
        return statistics.median(costs[there]), statistics.median(costs[HERE])


def main(arguments: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("commit")
    made.add_argument("--most", type=float, default=MOST, help="the ratio above which it fails (%(default)s)")
    made.add_argument("--turns", type=int, default=TURNS, help="(%(default)s)")
    made.add_argument("--checkouts", type=int, default=CHECKOUTS, help="in a turn (%(default)s)")
    options = made.parse_args(arguments)
    try:
        before, now = compare(options.commit, options.turns, options.checkouts)
    except NoSuchCommit as error:
        print(f"nothing to compare with: {error}", file=sys.stderr)
        return 2
    ratio = now / before
    print(f"{options.commit[:12]}: {before:,.0f} us a checkout; here: {now:,.0f} us; ratio {ratio:.2f}")
    if ratio > options.most:
        print(f"a checkout costs more than {options.most} times what it did: find out why", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
