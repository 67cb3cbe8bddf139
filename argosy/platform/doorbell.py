"""Wake-ups between processes of one machine: a datagram socket per listener in the data folder, rung after commit.
Where there are more machines, a bell and a listener have a far one that reaches them (far_bell.py).

A ring names what happened (wire names of messages, or documents), so that only those wake who have news. The kernel
keeps few rings for a listener that is busy (10 on most machines) and refuses more: whoever finds that many has perhaps
missed some, and hears EVERYTHING. A ring that is lost all the same costs at most the slow poll.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from argosy.platform.far_bell import EVERYTHING, FarBell

_RING_BYTES_MAX = 60_000
_KEPT_FILE = Path("/proc/sys/net/unix/max_dgram_qlen")
_KEPT_UNLESS_TOLD = 10
_TICK_NANOSECONDS = 50_000_000


class Bell:
    """Rings every listener that has a socket in `folder`, and other machines where there is a `far` bell."""

    def __init__(self, folder: Path, far: FarBell | None = None) -> None:
        self.folder = folder
        self.far = far
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._listeners: list[str] = []
        self._changed_at = 0

    def ring(self, news: Iterable[str]) -> None:
        """Tell all listeners; whoever does not listen, or is behind, is passed over."""
        names = set(news)
        text = "\n".join(names).encode()
        if not text:
            return
        if self.far is not None:
            self.far.ring(names)
        if len(text) > _RING_BYTES_MAX:
            text = EVERYTHING.encode()
        self._look()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                self._socket.sendto(text, listener)

    def _look(self) -> None:
        """Learn the listeners anew whenever one has come or gone: a socket that has just appeared is rung, too."""
        try:
            changed_at = os.stat(self.folder).st_mtime_ns
        except FileNotFoundError:
            self._listeners, self._changed_at = [], 0
            return
        if changed_at != self._changed_at:
            # A listener that comes within the same tick of the file system's clock leaves no other trace of it.
            is_settled = time.time_ns() - changed_at > _TICK_NANOSECONDS
            self._changed_at = changed_at if is_settled else 0
            self._listeners = [str(path) for path in self.folder.glob("*.sock")]


class Listener:
    """One process's ear. `wake` rouses it from another thread of its own process. It hears other machines through the
    `far` bell, where there is one."""

    def __init__(self, folder: Path, name: str, far: FarBell | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}-{os.getpid()}.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self._socket.bind(str(self.path))
        self._kept = _rings_kept()
        self._woken, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._is_woken = False
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)
        for stale in folder.glob("*.sock"):
            if not _is_alive(stale):
                with contextlib.suppress(FileNotFoundError):
                    stale.unlink()
        if far is not None:
            far.listen(self._hear_far)

    def wake(self) -> None:
        """Once is enough until it was waited again: each more would cost its thread a turn of the interpreter."""
        if not self._is_woken:
            self._is_woken = True
            with contextlib.suppress(OSError):
                os.write(self._waker, b"!")

    def wait(self, seconds: float) -> set[str]:
        """News that came, or an empty set when `seconds` have passed or `wake` was called."""
        # poll and not select: select refuses a process that has more than 1,024 files open.
        ready = dict(self._poll.poll(max(seconds, 0) * 1000))
        if self._woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._woken, 4096)
            # Only now: whoever was not let wake us before has done what it would have told, and we look for it next.
            self._is_woken = False
        return self.heard()

    def heard(self) -> set[str]:
        """News that lie here already."""
        news: set[str] = set()
        rings = 0
        while True:
            try:
                news.update(self._socket.recv(65_536).decode().split("\n"))
            except BlockingIOError:
                return news | {EVERYTHING} if rings >= self._kept else news
            rings += 1

    def _hear_far(self, names: set[str]) -> None:
        """In the far bell's thread: as if it had been rung here."""
        text = "\n".join(names).encode()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(text if len(text) <= _RING_BYTES_MAX else EVERYTHING.encode(), str(self.path))

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()
        os.close(self._woken)
        os.close(self._waker)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


def _rings_kept() -> int:
    """How many rings the kernel keeps for a listener that does not listen."""
    try:
        return int(_KEPT_FILE.read_text())
    except (OSError, ValueError):
        return _KEPT_UNLESS_TOLD


def _is_alive(path: Path) -> bool:
    process = path.stem.rpartition("-")[2]
    return process.isdigit() and Path(f"/proc/{process}").exists()
