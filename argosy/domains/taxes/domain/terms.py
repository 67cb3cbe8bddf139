"""How a destination taxes, apart from its rates: the terms of its rule set."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from argosy.contracts.taxes import SetTaxTerms
from argosy.domains.taxes.domain.places import CountryNotReadable, RegionNotReadable, is_country, is_region, region_of
from argosy.domains.taxes.domain.rate import HALF_UP, ROUNDING_MODES
from argosy.shared_kernel.errors import DomainError, Invalid
from argosy.shared_kernel.messages import Value

LINE, ORDER = "line", "order"
ROUNDINGS = (LINE, ORDER)
OWN, PRO_RATA, HIGHEST = "own", "pro_rata", "highest"
DELIVERIES = (OWN, PRO_RATA, HIGHEST)
SAME_REGION, SAME_COUNTRY, SAME_ZONE = "region", "country", "zone"
ORIGINS = ("", SAME_REGION, SAME_COUNTRY, SAME_ZONE)
_KNOWN = {"rounding": ROUNDINGS, "rounding_mode": ROUNDING_MODES, "delivery": DELIVERIES, "origin": ORIGINS}
TERMS = (
    "rounding",
    "rounding_mode",
    "delivery",
    "checks_registrations",
    "is_facilitator",
    "reverse_charge",
    "allows_exemptions",
    "service",
    "origin",
)


class TermsNotReadable(Invalid):
    """Terms are named by the words that this operation knows."""


class TaxServiceUnknown(Invalid):
    """There is no outside tax service of this name here."""


class Terms(Value, frozen=True):
    """See SetTaxTerms. Where nobody has set any: rounded on the line, halves up, delivery by its own rule, collected
    everywhere by the seller."""

    rounding: str = LINE
    rounding_mode: str = HALF_UP
    delivery: str = OWN
    checks_registrations: bool = False
    is_facilitator: bool = False
    reverse_charge: bool = False
    allows_exemptions: bool = False
    service: str = ""
    origin: str = ""

    @property
    def looks_at_sellers(self) -> bool:
        return bool(self.origin) or self.reverse_charge or (self.checks_registrations and not self.is_facilitator)

    @property
    def looks_at_buyers(self) -> bool:
        return self.reverse_charge or self.allows_exemptions


USUAL = Terms()


class PlaceTerms(Value, frozen=True, omit_defaults=True):
    """What is kept of a country or region beside its rates: its terms, the zone that it is in, and of a country the
    zones that its postal codes are in, by what they begin with."""

    terms: Terms | None = None
    zone: str = ""
    postal_zones: dict[str, str] = {}

    def zone_of_postal(self, postal_code: str) -> str:
        """The zone of the longest beginning that is known."""
        zones = self.postal_zones
        if zones:
            for length in range(len(postal_code), 0, -1):
                if found := zones.get(postal_code[:length]):
                    return found
        return ""


NOTHING_SAID = PlaceTerms()


def terms_of(command: SetTaxTerms) -> Terms:
    return Terms(**{name: getattr(command, name) for name in TERMS})


def terms_faults(command: SetTaxTerms, services: Collection[str]) -> Iterator[DomainError]:
    """What is wrong with terms, all of it."""
    if not is_country(command.country):
        yield CountryNotReadable(country=command.country[:2])
    if command.region and not is_region(region_of(command.region)):
        yield RegionNotReadable(region=command.region[:50])
    for name, known in _KNOWN.items():
        if getattr(command, name) not in known:
            yield TermsNotReadable(field=name, known=list(known))
    if command.service and command.service not in services:
        yield TaxServiceUnknown(known=sorted(services))
