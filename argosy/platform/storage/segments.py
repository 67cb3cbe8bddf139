"""Archived segments in an object storage: one object each, by the context whose log they are of."""

from __future__ import annotations

from collections.abc import Callable

from argosy.platform.storage.objects import ObjectStorage


class StoredSegments:
    """Asks for the storage when it is first needed: most processes never read an archive."""

    def __init__(self, storage: Callable[[], ObjectStorage]) -> None:
        self._storage = storage

    def put(self, source: str, name: str, content: bytes) -> None:
        self._storage().put(f"{source}/{name}", content)

    def get(self, source: str, name: str) -> bytes:
        return self._storage().get(f"{source}/{name}")

    def remove(self, source: str, name: str) -> None:
        self._storage().remove(f"{source}/{name}")

    def names(self, source: str) -> list[str]:
        return [key.removeprefix(f"{source}/") for key in self._storage().names(source)]
