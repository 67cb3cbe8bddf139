"""Where pictures are kept: in the marketplace's object storage, in groups by the first letters of their keys."""

from __future__ import annotations

import re

from argosy.domains.products.application.media import MediaStore
from argosy.platform.storage.chosen import MEDIA, storage
from argosy.platform.storage.objects import ObjectStorage

_KEY = re.compile(r"[0-9a-f]{32}-[0-9]{2,5}\.webp")


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
