"""Codes of authenticators, by pyotp."""

from __future__ import annotations

import hmac
from base64 import b32encode

import pyotp

ISSUER = "Argosy"


class ClockCodes:
    """Six digits of SHA-1 over steps of 30 seconds: what every authenticator knows."""

    def is_code(self, secret: bytes, at_seconds: int, code: str) -> bool:
        return hmac.compare_digest(_totp(secret).at(at_seconds), code)

    def shown(self, secret: bytes, email: str) -> tuple[str, str]:
        totp = _totp(secret)
        return totp.secret, totp.provisioning_uri(name=email, issuer_name=ISSUER)


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(b32encode(secret).decode())
