"""Passkeys by fido2: whether what an authenticator has made or signed is what was asked, for this shop."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

from argosy.contracts.accounts_ways_in import AddPasskey, ProvePasskey, SignInByPasskey
from argosy.domains.accounts.domain.passkey import CREDENTIAL_LETTERS_MAX, PUBLIC_KEY_LETTERS_MAX, Created

logger = structlog.get_logger("argosy.accounts")
# It tells of credentials that we refuse afterwards as if they were registered.
logging.getLogger("fido2").setLevel(logging.WARNING)
_NO_AAGUID = bytes(16)


class WebAuthn:
    """For the origin of the shop's own address; its host is what passkeys are bound to."""

    def __init__(self, shop_url: str) -> None:
        parts = urlsplit(shop_url)
        self.rp_id = parts.hostname or "localhost"
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self.algorithms = tuple(CoseKey.supported_algorithms())
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name="Argosy", id=self.rp_id),
            attestation=AttestationConveyancePreference.NONE,
            verify_origin=lambda origin: origin == self._origin,
        )

    @property
    def is_for_browsers(self) -> bool:
        """Browsers bind passkeys to names of hosts alone, and to no address."""
        try:
            ipaddress.ip_address(self.rp_id)
        except ValueError:
            return True
        return False

    @staticmethod
    def handle_of(user_id: str) -> str:
        return websafe_encode(UUID(user_id).bytes)

    def created(self, answer: AddPasskey, challenge: bytes) -> Created | None:
        try:
            response = {"clientDataJSON": answer.client_data, "attestationObject": answer.attestation}
            # The credential's id is read from what was attested, and from nowhere else.
            registration = RegistrationResponse.from_dict(_credential("", response))
            if registration.response.client_data.cross_origin:
                return None
            data = self._server.register_complete(_state(challenge), registration)
            credential = data.credential_data
            if credential is None or credential.public_key.get(3) not in self.algorithms:
                return None
            made = Created(
                websafe_encode(credential.credential_id),
                websafe_encode(AttestedCredentialData.create(_NO_AAGUID, b"", credential.public_key)),
                data.counter,
                bool(data.flags & AuthenticatorData.FLAG.BACKUP_ELIGIBILITY),
            )
        except Exception as error:  # noqa: BLE001 - whatever fido2 stumbles over in what strangers send proves nothing
            logger.warning("passkey refused", why=f"{type(error).__name__}: {error}")
            return None
        is_bounded = 0 < len(made.credential_id) <= CREDENTIAL_LETTERS_MAX
        return made if is_bounded and len(made.public_key) <= PUBLIC_KEY_LETTERS_MAX else None

    def signed(self, answer: SignInByPasskey | ProvePasskey, challenge: bytes, public_key: str) -> int | None:
        try:
            response = {
                "clientDataJSON": answer.client_data,
                "authenticatorData": answer.authenticator_data,
                "signature": answer.signature,
            }
            authentication = AuthenticationResponse.from_dict(_credential(answer.credential_id, response))
            if authentication.response.client_data.cross_origin:
                return None
            kept = AttestedCredentialData(websafe_decode(public_key))
            known = AttestedCredentialData.create(_NO_AAGUID, websafe_decode(answer.credential_id), kept.public_key)
            self._server.authenticate_complete(_state(challenge), [known], authentication)
            return authentication.response.authenticator_data.counter
        except Exception as error:  # noqa: BLE001 - the same
            logger.warning("passkey refused", why=f"{type(error).__name__}: {error}")
            return None


@cache
def authenticators(shop_url: str) -> WebAuthn:
    return WebAuthn(shop_url)


def _state(challenge: bytes) -> Mapping[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": UserVerificationRequirement.REQUIRED}


def _credential(credential_id: str, response: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "id": credential_id,
        "rawId": credential_id,
        "type": "public-key",
        "response": response,
        "clientExtensionResults": {},
    }
