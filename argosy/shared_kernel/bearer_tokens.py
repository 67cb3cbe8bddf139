"""Tokens that their bearer sends as a secret. Of each only a fingerprint is kept."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

TOKEN_BYTES = 32


def token_from(chance: bytes) -> str:
    """A token as its holder sends it (RFC 4648 base64url, no padding)."""
    assert len(chance) == TOKEN_BYTES
    return urlsafe_b64encode(chance).rstrip(b"=").decode()


def fingerprint(token: str) -> str:
    """SHA-256 of a token, in hexadecimal. The token has 256 bits of chance: nothing slower is needed."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
