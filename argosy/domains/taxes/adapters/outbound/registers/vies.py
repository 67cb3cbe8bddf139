"""VIES, the European Commission's way to the registers of the member states, over its REST API.

Settings: ARGOSY_VIES_URL, where it is, and ARGOSY_VIES_REQUESTER, the VAT id of whoever runs the marketplace: with it
VIES gives a consultation number, which proves to a tax office that the question was asked that day.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from argosy.domains.taxes.application.registers import RegisterAnswer, RegisterDidNotAnswer
from argosy.domains.taxes.domain.vat_id import EU_PREFIXES, vat_id_of
from argosy.platform.outbound import Bounds, NotFetched, Outbound

URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"
CONSULTATION_LETTERS_MAX = 40
_GREECE = {"GR": "EL"}
_BYTES_MAX = 100_000


class _Fault(msgspec.Struct, frozen=True):
    error: str = ""


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    """Faults come with status 200 as well: then `action_succeed` is false, and the fault is named."""

    valid: bool | None = None
    request_identifier: str | None = None
    action_succeed: bool = True
    error_wrappers: tuple[_Fault, ...] = ()


class Vies:
    """Numbers of the EU and of Northern Ireland."""

    name = "vies"

    def __init__(self, outbound: Outbound, url: str = URL, requester: str = "") -> None:
        self.outbound = outbound
        self.url = url.rstrip("/")
        self.requester = vat_id_of(requester) if requester else ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Vies:
        return cls(
            Outbound.of(environment),
            environment.get("ARGOSY_VIES_URL") or URL,
            environment.get("ARGOSY_VIES_REQUESTER", ""),
        )

    def knows(self, vat_id: str) -> bool:
        return _state(vat_id) in EU_PREFIXES

    def check(self, vat_id: str, seconds: float) -> RegisterAnswer:
        asked = {"countryCode": _state(vat_id), "vatNumber": vat_id[2:]}
        if self.requester:
            asked |= {"requesterMemberStateCode": _state(self.requester), "requesterNumber": self.requester[2:]}
        try:
            fetched = self.outbound.fetch(
                f"{self.url}/check-vat-number",
                Bounds(seconds=seconds, bytes_max=_BYTES_MAX, schemes=("https", "http")),
                method="POST",
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                body=msgspec.json.encode(asked),
            )
            said = msgspec.json.decode(fetched.body, type=_Answer)
        except (NotFetched, msgspec.DecodeError) as error:
            raise RegisterDidNotAnswer(type(error).__name__) from None
        faults = [one.error for one in said.error_wrappers]
        if fetched.status == 200 and said.action_succeed and said.valid is not None:
            return RegisterAnswer(said.valid, (said.request_identifier or "")[:CONSULTATION_LETTERS_MAX])
        if faults == ["INVALID_INPUT"]:
            return RegisterAnswer(is_valid=False)
        raise RegisterDidNotAnswer(", ".join(faults) or str(fetched.status))


def _state(vat_id: str) -> str:
    """The member state as VIES writes it."""
    return _GREECE.get(vat_id[:2], vat_id[:2])
