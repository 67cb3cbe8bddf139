"""Worker and web die at every named point, at times that are drawn, and the books are compared after each.

python -m tests.crash.every_point --rounds 3 --seed 1
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from itertools import cycle

from tests.crash.scene import WEB_POINTS, WORKER_POINTS, Scene, folder, fresh, note, points, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    place = fresh()
    scene = Scene(place)
    try:
        for number in range(options.rounds):
            # Recurring timers are due at once in a fresh marketplace only.
            there = {name: times for name, times in WORKER_POINTS.items() if not number or name != "timer.told"}
            workers, webs = points(there, chance), cycle(points(WEB_POINTS, chance))
            for worker_at, web_at in zip(workers, webs, strict=False):
                began = time.monotonic()
                scene.die(worker_at, web_at)
                found = scene.verdict()
                note(
                    f"{time.monotonic() - began:5.1f} s  worker died at {worker_at}, web at {web_at}: "
                    f"{len(found)} faults"
                )
                if found:
                    note(f"seed {options.seed}; the databases are in {folder()}")
                    return told(found)
        return told([])
    finally:
        if not sys.exc_info()[0] and not scene.faults():
            shutil.rmtree(folder(), ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
