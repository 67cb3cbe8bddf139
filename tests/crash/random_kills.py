"""Worker and web are killed at random under load, each after 5 to 40 seconds; then calm, and the books are compared.

python -m tests.crash.random_kills --minutes 10 --seed 1
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from tests.crash import books
from tests.crash.scene import Scene, folder, fresh, note, told

PAUSE_SECONDS = (5.0, 40.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    place = fresh()
    scene = Scene(place)
    began = time.monotonic()
    counts = scene.kill_at_random(options.minutes * 60, PAUSE_SECONDS, options.seed, note)
    loaded = time.monotonic() - began
    found = scene.verdict(seconds=180)
    ended = books.rows(place, "checkout", "SELECT status, count(*) FROM checkout_sessions GROUP BY status")
    buyers = scene.buyers
    kills = counts.kills
    note(
        f"seed {options.seed}: {loaded:.0f} s of load, {kills['worker']} workers and {kills['web']} webs killed; "
        f"checkouts {dict(ended)}; {buyers.failed_requests} requests cut off and sent again, "
        f"{buyers.repeats_answered} of them answered from their key"
    )
    if found:
        note(f"the databases are in {folder()}")
    else:
        shutil.rmtree(folder(), ignore_errors=True)
    return told(found)


if __name__ == "__main__":
    sys.exit(main())
