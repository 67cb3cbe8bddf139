"""An address that a person keeps: as they wrote it, in the form that its country delivers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from argosy.contracts.accounts import AddAddress, ChangeAddress
from argosy.domains.accounts.domain.texts import country_fault, text_fault
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id

ADDRESSES_MAX = 50
NAME_MAX = 100


class TooManyAddresses(RuleBroken):
    """An account keeps at most 50 addresses."""


class AddressIdTaken(RuleBroken):
    """This id belongs to another of your addresses."""


class NoSuchAddress(NotFound):
    """You keep no such address."""


class AddressDoesNotFit(Invalid):
    """Addresses of this country are not written like that."""


class Formats(Protocol):
    """How each country writes its addresses."""

    def misfits(self, address: Mapping[str, str]) -> frozenset[str]:
        """Which of street, city, region and postal_code are missing or wrong for the address's `country`. Nothing is
        known of a country that is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class SavedAddress:
    """A place to deliver to, as the person wrote it; `is_default` is proposed first."""

    id: Id
    recipient: str
    street: str
    city: str
    postal_code: str
    country: str
    region: str
    phone: str
    is_default: bool = False


def address_from(command: AddAddress | ChangeAddress, address_id: Id, formats: Formats) -> SavedAddress:
    """The address that was sent, or everything that is wrong with it."""
    faults: list[DomainError | None] = [
        text_fault("recipient", command.recipient, least=1, most=200),
        text_fault("street", command.street, least=1, most=300),
        text_fault("city", command.city, least=1, most=NAME_MAX),
        text_fault("postal_code", command.postal_code, least=1, most=20),
        country_fault("country", command.country),
        text_fault("region", command.region, most=NAME_MAX),
        text_fault("phone", command.phone, most=40),
    ]
    known = {fault.details["field"] for fault in faults if fault is not None}
    for field in sorted(formats.misfits(_parts(command)) - known):
        faults.append(AddressDoesNotFit(field=field, country=command.country))
    refuse(faults)
    return SavedAddress(
        id=address_id,
        recipient=command.recipient.strip(),
        street=command.street.strip(),
        city=command.city.strip(),
        postal_code=command.postal_code.strip(),
        country=command.country,
        region=command.region.strip(),
        phone=command.phone.strip(),
    )


def _parts(command: AddAddress | ChangeAddress) -> dict[str, str]:
    return {
        "country": command.country,
        "region": command.region.strip(),
        "city": command.city.strip(),
        "street": command.street.strip(),
        "postal_code": command.postal_code.strip(),
    }
