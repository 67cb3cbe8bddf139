"""Tokens of letters, made of seeds with the marketplace's secret."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import blake2b, sha256


class SecretSeals:
    """HMAC-SHA256 under a key that is made of SECRET_KEY for this alone."""

    def token(self, seed: bytes) -> str:
        return urlsafe_b64encode(hmac.digest(self._key(), seed, sha256)).rstrip(b"=").decode()

    @staticmethod
    def _key() -> bytes:
        from django.conf import settings

        return blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"argosy.letters").digest()
