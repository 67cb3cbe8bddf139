"""Turns at writing one SQLite file: everybody gets one, and nobody's outlives its writer."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from argosy.platform.locks import FileLock, LockTimeout


def test_threads_that_write_for_the_first_time_at_once_leave_the_lock_free(tmp_path: Path) -> None:
    switches = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(200):
            path = str(tmp_path / f"{number}.lock")
            lock, start, inside = FileLock(path), threading.Barrier(8), []

            def write(lock: FileLock = lock, start: threading.Barrier = start, inside: list[int] = inside) -> None:
                start.wait()
                with lock.held():
                    inside.append(1)
                    assert inside == [1]
                    inside.pop()

            threads = [threading.Thread(target=write) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with FileLock(path).held(0.05):
                pass
    finally:
        sys.setswitchinterval(switches)


def test_a_rival_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with FileLock(path).held(), pytest.raises(LockTimeout), FileLock(path).held(0.02):
        raise AssertionError("two at once")


def test_a_child_does_not_keep_what_its_parent_held(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path / "lock"))
    told, tell = os.pipe()
    end, stop = os.pipe()
    with lock.held():
        child = os.fork()
        if not child:
            _try_as_a_child(lock, tell, end)
        assert os.read(told, 1) == b"!"
        assert len(_descriptors(child, lock)) == 1, "it would keep the lock if its parent died now"
        assert not set(_descriptors(child, lock)) & set(_descriptors(os.getpid(), lock))
    os.write(stop, b"!")
    assert os.waitpid(child, 0)[1] == 0


def _try_as_a_child(lock: FileLock, tell: int, end: int) -> None:
    status = 1
    try:
        with pytest.raises(LockTimeout), lock.held(0.01):
            pass
        os.write(tell, b"!")
        os.read(end, 1)
        status = 0
    finally:
        os._exit(status)


def _descriptors(process: int, lock: FileLock) -> list[str]:
    folder = f"/proc/{process}/fd"
    return [name for name in os.listdir(folder) if os.path.realpath(f"{folder}/{name}") == lock.path]


def test_whoever_waits_in_another_process_is_seen_by_the_one_who_holds_the_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "file.lock")
    lock = FileLock(path)
    assert not lock.is_wanted()
    with lock.held():
        assert not lock.is_wanted()
        waiting = subprocess.Popen(
            [sys.executable, "-c", f"from argosy.platform.locks import FileLock\nwith FileLock({path!r}).held(5): pass"]
        )
        while not lock.is_wanted():
            assert waiting.poll() is None, "it did not wait for the lock"
            time.sleep(0.005)
    assert waiting.wait(5) == 0
    assert not lock.is_wanted()
