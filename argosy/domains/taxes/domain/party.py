"""Who sells and who buys, as far as taxes depend on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from argosy.contracts.taxes import (
    BuyerTaxesSet,
    GrantTaxExemption,
    SellerTaxesSet,
    SetSellerTaxes,
    TaxRegistration,
    VatIdChecked,
    VatRegisterAnswered,
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
UNCHECKED, PENDING, VALID, INVALID = "", "pending", "valid", "invalid"
BY_FORM = "form only"
"""What a line says of a number that a register has not answered for yet."""
_with: Any = msgspec.structs.replace

REGISTRATIONS_MAX = 300
POSTAL_LETTERS_MAX = 20
EXEMPTIONS_MAX = 60
CERTIFICATE_LETTERS_MAX = 100


class NoSuchSeller(NotFound):
    """There is no such seller, or it is not you."""


class PostalCodeNotReadable(Invalid):
    """A postal code has at most 20 letters."""


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


class VatCheck(Value, frozen=True, omit_defaults=True):
    """What a register said of a VAT id: nothing (it was never asked), `pending`, `valid` or `invalid`. `asked` counts
    the questions, `failures` those since the last answer; an answer counts until there is a newer one."""

    outcome: str = UNCHECKED
    asked: int = 0
    failures: int = 0
    register: str = ""
    consultation: str = ""
    checked_at: datetime | None = None

    def in_words(self) -> str:
        """As a line of a quote tells it; nothing where nobody was asked."""
        if self.checked_at is None:
            return BY_FORM if self.outcome == PENDING else ""
        return " ".join(filter(None, (self.register, self.checked_at.date().isoformat(), self.consultation)))


NEVER_ASKED = VatCheck()


@dataclass(kw_only=True, eq=False)
class TaxParty(Aggregate):
    """A seller: where they are established and registered. A buyer: their VAT id and exemptions."""

    role: str
    party: Id
    country: str = ""
    vat_id: str = ""
    registrations: tuple[TaxRegistration, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    vat_check: VatCheck = NEVER_ASKED
    region: str = ""
    postal_code: str = ""

    def set_seller(self, command: SetSellerTaxes) -> None:
        """Be established and registered so; the same again tells nothing."""
        registrations = tuple([_compared(one) for one in command.registrations])
        vat_id = vat_id_of(command.vat_id) if command.vat_id else ""
        where = Destination.of(command.country, command.region, command.postal_code)
        if self.sequence and (self.place, self.vat_id, self.registrations) == (where, vat_id, registrations):
            return
        self._forget_check(vat_id)
        self.country, self.region, self.postal_code = where.country, where.region, where.postal_code
        self.vat_id, self.registrations = vat_id, registrations
        self.record(
            SellerTaxesSet(
                seller_id=self.party,
                country=self.country,
                vat_id=self.vat_id,
                registrations=self.registrations,
                region=self.region,
                postal_code=self.postal_code,
            )
        )

    @property
    def place(self) -> Destination:
        """Where a seller is established."""
        return Destination(country=self.country, region=self.region, postal_code=self.postal_code)

    def set_vat_id(self, vat_id: str) -> None:
        """Buy with this number from now on; the same again tells nothing."""
        if vat_id != self.vat_id:
            self._forget_check(vat_id)
            self.vat_id, self.country = vat_id, country_of(vat_id) if vat_id else ""
            self._tell_buyer()

    @property
    def has_vat_id_that_counts(self) -> bool:
        """A number counts by its form until a register says that it is none."""
        return bool(self.vat_id) and self.vat_check.outcome != INVALID

    def question(self) -> int:
        """A register is asked for the number: which question that is."""
        check = self.vat_check
        outcome = PENDING if check.outcome == UNCHECKED else check.outcome
        self.vat_check = _with(check, outcome=outcome, asked=check.asked + 1)
        return self.vat_check.asked

    def answered(self, answer: VatRegisterAnswered, now: datetime) -> None:
        """Keep what the register said. Where it said nothing, what it said last counts on."""
        check = self.vat_check
        if answer.is_valid is None:
            self.vat_check = _with(check, failures=check.failures + 1)
            return
        self.vat_check = VatCheck(
            outcome=VALID if answer.is_valid else INVALID,
            asked=check.asked,
            register=answer.register,
            consultation=answer.consultation,
            checked_at=now,
        )
        self.record(
            VatIdChecked(
                party_id=self.id,
                role=self.role,
                party=self.party,
                register=answer.register,
                is_valid=answer.is_valid,
                consultation=answer.consultation,
                checked_at=now,
            )
        )

    def _forget_check(self, vat_id: str) -> None:
        """Another number is another question."""
        if vat_id != self.vat_id:
            self.vat_check = VatCheck(asked=self.vat_check.asked)

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
    if command.region and not is_region(region_of(command.region)):
        yield RegionNotReadable(region=command.region[:50])
    if len(command.postal_code) > POSTAL_LETTERS_MAX:
        yield PostalCodeNotReadable(letters_max=POSTAL_LETTERS_MAX)
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
