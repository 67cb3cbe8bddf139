"""Segments in a folder: one file each, in a folder per context."""

from __future__ import annotations

import os
from pathlib import Path


class SegmentFolder:
    """Written beside its place and moved there when it is on the disk: a crash leaves a whole file or none. What a
    crash leaves beside is written over by whoever comes next."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, source: str, name: str, content: bytes) -> None:
        folder = self.root / source
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f"{name}.part"
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(folder / name)
        for changed in (folder, self.root, self.root.parent):
            _sync(changed)

    def get(self, source: str, name: str) -> bytes:
        return (self.root / source / name).read_bytes()

    def remove(self, source: str, name: str) -> None:
        (self.root / source / name).unlink(missing_ok=True)
        _sync(self.root / source)

    def names(self, source: str) -> list[str]:
        folder = self.root / source
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
