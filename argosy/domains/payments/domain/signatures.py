"""Signatures of what gateways send: over the bytes as they came, with a time that is neither old nor of tomorrow."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

from argosy.shared_kernel.errors import Invalid

TOLERANCE_SECONDS = 300
"""How far a signature's time may be off, either way. What is known is kept for longer than that: a valid one that is
played again is known by its event's id."""


class SignatureDoesNotHold(Invalid):
    """What was sent is not signed by the gateway, or not now."""


def timed_signature(secret: str, at: int, body: bytes) -> str:
    """HMAC-SHA256 over `<time>.<body>`, in hexadecimal."""
    return hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()


def timed_header(secret: str, at: datetime, body: bytes) -> str:
    """A header as `verify_timed` takes it: `t=<seconds>,v1=<signature>`."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={timed_signature(secret, seconds, body)}"


def verify_timed(header: str, body: bytes, secrets: Iterable[str], now: datetime) -> datetime:
    """When it was signed, by one of the secrets (two while one is replaced by another); else SignatureDoesNotHold."""
    times, signatures = [], []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(value)
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 11):
        raise SignatureDoesNotHold()
    at = int(times[0])
    expected = [timed_signature(secret, at, body) for secret in secrets if secret]
    is_signed = any(hmac.compare_digest(one.encode(), sent.encode()) for one in expected for sent in signatures)
    if not is_signed or abs(now.timestamp() - at) > TOLERANCE_SECONDS:
        raise SignatureDoesNotHold()
    return datetime.fromtimestamp(at, UTC)


def verify_plain(signature: str, body: bytes, secrets: Iterable[str]) -> None:
    """HMAC-SHA256 over the body alone, in hexadecimal, by one of the secrets; else SignatureDoesNotHold."""
    expected = [hmac.new(secret.encode(), body, sha256).hexdigest() for secret in secrets if secret]
    if not any(hmac.compare_digest(one.encode(), signature.encode()) for one in expected):
        raise SignatureDoesNotHold()
