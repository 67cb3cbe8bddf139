"""An authenticator in software: it makes keys and signs with them, as a phone or a password manager does."""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

ORIGIN = "http://127.0.0.1:8000"
FLAG = AuthenticatorData.FLAG
HERE = FLAG.USER_PRESENT | FLAG.USER_VERIFIED


class Authenticator:
    """`count` is what it says of how often it has signed. What it does can be told to be wrong."""

    def __init__(self, origin: str = ORIGIN, rp_id: str = "127.0.0.1", *, counts: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.origin = origin
        self.rp_id = rp_id
        self.flags = HERE
        self.counts = counts
        self.count = 0
        self.cross_origin = False

    def create(self, begun: dict[str, Any]) -> dict[str, str]:
        """A new passkey: the fields that are sent back."""
        client = self._client(CollectedClientData.TYPE.CREATE, begun["challenge"])
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.credential_id, public)
        data = AuthenticatorData.create(self._host, self.flags | FLAG.ATTESTED, self._next(), credential)
        return {
            "ticket": begun["ticket"],
            "client_data": websafe_encode(client),
            "attestation": websafe_encode(AttestationObject.create("none", data, {})),
        }

    def sign(self, asked: dict[str, Any]) -> dict[str, str]:
        """What was asked, signed."""
        client = self._client(CollectedClientData.TYPE.GET, asked["challenge"])
        data = AuthenticatorData.create(self._host, self.flags, self._next())
        return {
            "ticket": asked["ticket"],
            "credential_id": websafe_encode(self.credential_id),
            "client_data": websafe_encode(client),
            "authenticator_data": websafe_encode(data),
            "signature": websafe_encode(self.key.sign(data + client.hash, ec.ECDSA(SHA256()))),
        }

    def _client(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(kind, websafe_decode(challenge), self.origin, cross_origin=self.cross_origin)

    @property
    def _host(self) -> bytes:
        return sha256(self.rp_id.encode())

    def _next(self) -> int:
        self.count += self.counts
        return self.count
