"""Integrations played alone: ports that do nothing outside."""

from __future__ import annotations

from argosy.domains.integrations.application.ports import Ports


class Counting:
    """Chance that counts, so that a test knows what comes."""

    def __init__(self) -> None:
        self.count = 0

    def random_bytes(self, count: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(count, "big")


class Sealing:
    def seal(self, secret: bytes) -> str:
        return f"sealed {secret[::-1].decode()}"


class Addresses:
    def fault(self, url: str) -> str:
        return "" if url.startswith("https://") else "scheme_not_allowed"


def ports(*, has_feed: bool = True) -> Ports:
    return Ports(Counting(), Sealing(), Addresses(), has_feed)
