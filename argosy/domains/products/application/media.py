"""Pictures that were uploaded: where they are kept, and under which addresses they are shown."""

from __future__ import annotations

from typing import Protocol

SIZES = (1600, 640, 160)
"""The longer side of each size in pixels, the largest first; a smaller picture is not blown up."""

ADDRESS = "/media/"


class MediaStore(Protocol):
    """Keeps files by key for good. The same key always holds the same bytes, so that writing again changes nothing."""

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes | None: ...


def key_of(digest: str, size: int) -> str:
    return f"{digest}-{size}.webp"


def address_of(digest: str) -> str:
    """What a product says of a picture: the address of its largest size."""
    return f"{ADDRESS}{key_of(digest, SIZES[0])}"
