"""Where uploaded files are kept: a folder, which all webs of a marketplace share."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from argosy.domains.products.application.media import MediaStore

_KEY = re.compile(r"[0-9a-f]{32}-[0-9]{2,5}\.webp")


class FolderMedia:
    """Files in folders by the first letters of their keys. A file is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        assert path is not None, f"{key} is no key"
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)

    def get(self, key: str) -> bytes | None:
        path = self._path(key)
        try:
            return path.read_bytes() if path is not None else None
        except FileNotFoundError:
            return None

    def _path(self, key: str) -> Path | None:
        """None for what is no key of ours: nothing outside of the folder is ever looked at."""
        return self.root / key[:2] / key if _KEY.fullmatch(key) else None


@cache
def _folder(root: Path) -> MediaStore:
    return FolderMedia(root)


def media() -> MediaStore:
    """The marketplace's own, in ARGOSY_MEDIA or beside its databases."""
    chosen = os.environ.get("ARGOSY_MEDIA", "")
    return _folder(Path(chosen) if chosen else Path(os.environ.get("ARGOSY_VAR", "var")) / "media")
