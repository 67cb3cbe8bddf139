"""Objects in a folder, which all processes of a marketplace share."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from argosy.platform.storage.objects import StorageIsAway, checked

PART = ".part"


class FolderStorage:
    """Written beside its place and moved there when it is on the disk: a crash leaves a whole file or none. A writer
    locks what it writes, so that whoever comes next can tell what a dead one has left beside, and takes it away."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, content: bytes) -> None:
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _tidy(path.parent.glob(f"{path.name}.*{PART}"))
            while not _written(path, content):
                pass
            for changed in (path.parent, self.root, self.root.parent):
                _sync(changed)
        except OSError as error:
            raise _away(path, error) from error

    def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise FileNotFoundError(key) from None
        except OSError as error:
            raise _away(path, error) from error

    def remove(self, key: str) -> None:
        path = self._path(key)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync(path.parent)
        except (IsADirectoryError, NotADirectoryError):
            return
        except OSError as error:
            raise _away(path, error) from error

    def names(self, prefix: str) -> list[str]:
        folder = self._path(prefix)
        try:
            _tidy(folder.rglob(f"*{PART}"))
            found = [path for path in folder.rglob("*") if path.is_file() and path.suffix != PART]
        except OSError as error:
            raise _away(folder, error) from error
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def _path(self, key: str) -> Path:
        if self.root.exists() and not self.root.is_dir():
            raise StorageIsAway(f"{self.root}: not a folder")
        return self.root / checked(key)


def _written(path: Path, content: bytes) -> bool:
    """Whether it is there now: not where somebody took the new file for a dead writer's, before it was locked."""
    beside = path.with_name(f"{path.name}.{uuid4().hex}{PART}")
    with beside.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink == 0:
            return False
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        beside.rename(path)
    return True


def _tidy(parts: Iterable[Path]) -> None:
    """Take away what nobody is writing any more."""
    for left in list(parts):
        with contextlib.suppress(FileNotFoundError, BlockingIOError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _away(path: Path, error: OSError) -> StorageIsAway:
    return StorageIsAway(f"{path}: {(error.strerror or str(error)).lower()}")
