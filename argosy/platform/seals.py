"""What only the marketplace's secret does: tokens of letters, and secrets that are kept sealed."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from functools import cache
from hashlib import blake2b, sha256

from cryptography.fernet import Fernet, InvalidToken


class SecretSeals:
    """HMAC-SHA256 and Fernet, each under a key that is made of SECRET_KEY for it alone."""

    def token(self, seed: bytes) -> str:
        return urlsafe_b64encode(hmac.digest(_key(b"argosy.letters"), seed, sha256)).rstrip(b"=").decode()

    def seal(self, secret: bytes) -> str:
        return _fernet().encrypt(secret).decode()

    def open(self, sealed: str) -> bytes | None:
        try:
            return _fernet().decrypt(sealed)
        except InvalidToken:
            return None


@cache
def _fernet() -> Fernet:
    return Fernet(urlsafe_b64encode(_key(b"argosy.sealed")))


def _key(person: bytes) -> bytes:
    from django.conf import settings

    return blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=person).digest()
