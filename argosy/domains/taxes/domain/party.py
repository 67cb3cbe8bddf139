"""Who sells and who buys, as far as taxes depend on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from argosy.contracts.taxes import (
    BuyerTaxesSet,
    GrantTaxExemption,
    SellerTaxesSet,
    SetSellerTaxes,
    TaxRegistration,
)
from argosy.domains.taxes.domain.places import (
    CountryNotReadable,
    Destination,
    RegionNotReadable,
    is_country,
    is_region,
    is_zone,
    region_of,
)
from argosy.domains.taxes.domain.vat_id import VatIdNotReadable, country_of, vat_id_of
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value

SELLER, BUYER = "seller", "buyer"
REGISTRATIONS_MAX = 300
EXEMPTIONS_MAX = 60
CERTIFICATE_LETTERS_MAX = 100


class NoSuchSeller(NotFound):
    """There is no such seller, or it is not you."""


class RegistrationsNotReadable(Invalid):
    """A registration is for a country, a region of it, or a zone, and ends no sooner than it begins."""


class ExemptionNotReadable(Invalid):
    """An exemption names its certificate in 1 to 100 letters and ends no sooner than it begins."""


class TooManyExemptions(RuleBroken):
    """A buyer has at most so many exemptions."""


class NoSuchExemption(NotFound):
    """There is no such exemption."""


@lru_cache(maxsize=16_384)
def party_id(role: str, id: str) -> Id:
    return named_id("tax-party", role, id)


class Exemption(Value, frozen=True):
    """No tax is collected there, for these categories or all."""

    id: Id
    country: str
    region: str
    certificate: str
    categories: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    def covers(self, where: Destination, category: str, today: date) -> bool:
        return (
            self.country == where.country
            and self.region in ("", where.region)
            and (not self.categories or category in self.categories)
            and _is_in(today, self.valid_from, self.valid_to)
        )


@dataclass(kw_only=True, eq=False)
class TaxParty(Aggregate):
    """A seller: where they are established and registered. A buyer: their VAT id and exemptions."""

    role: str
    party: Id
    country: str = ""
    vat_id: str = ""
    registrations: tuple[TaxRegistration, ...] = ()
    exemptions: tuple[Exemption, ...] = ()

    def set_seller(self, command: SetSellerTaxes) -> None:
        """Be established and registered so; the same again tells nothing."""
        registrations = tuple([_compared(one) for one in command.registrations])
        vat_id = vat_id_of(command.vat_id) if command.vat_id else ""
        if self.sequence and (self.country, self.vat_id, self.registrations) == (
            command.country,
            vat_id,
            registrations,
        ):
            return
        self.country, self.vat_id, self.registrations = command.country, vat_id, registrations
        self.record(
            SellerTaxesSet(
                seller_id=self.party, country=self.country, vat_id=self.vat_id, registrations=self.registrations
            )
        )

    def set_vat_id(self, vat_id: str) -> None:
        """Buy with this number from now on; the same again tells nothing."""
        if vat_id != self.vat_id:
            self.vat_id, self.country = vat_id, country_of(vat_id) if vat_id else ""
            self._tell_buyer()

    def exempt(self, exemption: Exemption) -> None:
        """Hold this certificate as well."""
        if len(self.exemptions) >= EXEMPTIONS_MAX:
            raise TooManyExemptions(exemptions_max=EXEMPTIONS_MAX)
        self.exemptions = (*self.exemptions, exemption)
        self._tell_buyer()

    def end_exemption(self, exemption_id: str) -> None:
        """Hold it no more."""
        kept = tuple([one for one in self.exemptions if one.id != exemption_id])
        if len(kept) == len(self.exemptions):
            raise NoSuchExemption()
        self.exemptions = kept
        self._tell_buyer()

    def is_exempt(self, where: Destination, category: str, today: date) -> bool:
        return any(one.covers(where, category, today) for one in self.exemptions)

    def is_registered(self, where: Destination, zones: Collection[str], today: date) -> bool:
        """Whether this seller collects there."""
        return any(
            _is_in(today, one.valid_from, one.valid_to)
            and (one.zone in zones if one.zone else one.country == where.country and one.region in ("", where.region))
            for one in self.registrations
        )

    def _tell_buyer(self) -> None:
        self.record(BuyerTaxesSet(buyer_id=self.party, has_vat_id=bool(self.vat_id), exemptions=len(self.exemptions)))


def seller_faults(command: SetSellerTaxes) -> Iterator[DomainError]:
    """What is wrong with what a seller says, all of it."""
    if not is_country(command.country):
        yield CountryNotReadable(country=command.country[:2])
    if command.vat_id:
        try:
            vat_id_of(command.vat_id)
        except VatIdNotReadable as fault:
            yield fault
    bad = [number for number, one in enumerate(command.registrations, 1) if not _is_registration(one)]
    if bad or len(command.registrations) > REGISTRATIONS_MAX:
        yield RegistrationsNotReadable(registrations=bad[:10], registrations_max=REGISTRATIONS_MAX)


def exemption_faults(command: GrantTaxExemption) -> Iterator[DomainError]:
    """What is wrong with an exemption, all of it."""
    if not is_country(command.country):
        yield CountryNotReadable(country=command.country[:2])
    if command.region and not is_region(region_of(command.region)):
        yield RegionNotReadable(region=command.region[:50])
    if not _is_text(command.certificate) or not _is_span(command.valid_from, command.valid_to):
        yield ExemptionNotReadable(letters_max=CERTIFICATE_LETTERS_MAX)


def _compared(one: TaxRegistration) -> TaxRegistration:
    return TaxRegistration(
        country=one.country,
        region=region_of(one.region),
        zone=one.zone,
        number=one.number.strip(),
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )


def _is_registration(one: TaxRegistration) -> bool:
    if one.zone:
        where = is_zone(one.zone) and not one.country and not one.region
    else:
        where = is_country(one.country) and (not one.region or is_region(region_of(one.region)))
    return where and (not one.number or _is_text(one.number)) and _is_span(one.valid_from, one.valid_to)


def _is_text(text: str) -> bool:
    return text.isprintable() and 0 < len(text.strip()) <= CERTIFICATE_LETTERS_MAX


def _is_span(begins: date | None, ends: date | None) -> bool:
    return begins is None or ends is None or begins <= ends


def _is_in(today: date, begins: date | None, ends: date | None) -> bool:
    return (begins is None or begins <= today) and (ends is None or today <= ends)
