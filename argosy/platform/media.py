"""Pictures that were uploaded: where they are kept (in the marketplace's object storage, in groups by the first letters
of their keys), and under which addresses they are shown."""

from __future__ import annotations

import re
from typing import Protocol

from argosy.platform.storage.chosen import MEDIA, storage
from argosy.platform.storage.objects import ObjectStorage

SIZES = (1600, 640, 160)
"""The longer side of each size in pixels, the largest first; a smaller picture is not blown up."""

ADDRESS = "/media/"

_KEY = re.compile(r"[0-9a-f]{32}-[0-9]{2,5}\.webp")


class MediaStore(Protocol):
    """Keeps files by key for good. The same key always holds the same bytes, so that writing again changes nothing."""

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes | None: ...


def key_of(digest: str, size: int) -> str:
    return f"{digest}-{size}.webp"


def address_of(digest: str) -> str:
    """What is said of a picture: the address of its largest size."""
    return f"{ADDRESS}{key_of(digest, SIZES[0])}"


class StoredMedia:
    """Files that are written once and never changed."""

    def __init__(self, objects: ObjectStorage) -> None:
        self._objects = objects

    def put(self, key: str, data: bytes) -> None:
        assert _KEY.fullmatch(key), f"{key} is no key"
        self._objects.put(_place(key), data)

    def get(self, key: str) -> bytes | None:
        """None, too, for what is no key of ours: nothing else is ever looked for."""
        if not _KEY.fullmatch(key):
            return None
        try:
            return self._objects.get(_place(key))
        except FileNotFoundError:
            return None


def _place(key: str) -> str:
    return f"{key[:2]}/{key}"


def media() -> MediaStore:
    """The marketplace's own."""
    return StoredMedia(storage(MEDIA))
