"""Chance from the operating system."""

from __future__ import annotations

import secrets


class SystemRandomness:
    """Bytes fit for keys, tokens and secrets."""

    def random_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)
