"""What staff say of taxes: rules with their rates, terms of destinations, zones."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from argosy.contracts.taxes import EndTaxRule, SetTaxRule, SetTaxTerms, SetTaxZone, TaxPlace
from argosy.domains.taxes.domain.places import (
    NOWHERE,
    PlaceIsInAnotherZone,
    TaxZone,
    place_id,
    places_of,
    region_of,
    rule_id,
    zone_faults,
    zone_id,
)
from argosy.domains.taxes.domain.rule import MayNotSetTaxes, NoSuchTaxRule, TaxRule, check_rule, rate_of
from argosy.domains.taxes.domain.terms import PlaceTerms, terms_faults, terms_of
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id


def _rule_of(command: SetTaxRule) -> Id:
    if command.zone:
        return rule_id(NOWHERE, command.zone, command.category)
    return rule_id(command.country, region_of(command.region), command.category)


class Taxes:
    """Rules count from their time on; what they were stays on record."""

    def __init__(
        self,
        work: UnitOfWork,
        rules: Repository[TaxRule],
        zones: Repository[TaxZone],
        services: Collection[str] = (),
    ) -> None:
        self.work = work
        self.rules = rules
        self.zones = zones
        self.services = services

    @reads(rules=lambda command: [_rule_of(command)])
    def set_tax_rule(self, command: SetTaxRule) -> Id:
        """Say what the state gets from a time on, or from now on; the rule's id."""
        self._only_staff()
        check_rule(command)
        id = _rule_of(command)
        rule = self.rules.find(id)
        if rule is None:
            region = command.zone or region_of(command.region)
            rule = TaxRule(id=id, country=command.country, region=region, category=command.category)
            self.rules.add(rule)
        rule.apply(rate_of(command), self.work.now)
        return id

    @reads(rules=lambda command: [command.rule_id])
    def end_tax_rule(self, command: EndTaxRule) -> Id:
        """From then on the next nearest rule counts; again changes nothing."""
        self._only_staff()
        rule = self.rules.find(command.rule_id)
        if rule is None or not rule.category:
            raise NoSuchTaxRule()
        rule.end(command.valid_from, self.work.now)
        return rule.id

    @reads(rules=lambda command: [place_id(command.country, region_of(command.region))])
    def set_tax_terms(self, command: SetTaxTerms) -> Id:
        """Tax by these terms there from now on."""
        self._only_staff()
        refuse(terms_faults(command, self.services))
        row = self._place(command.country, region_of(command.region))
        row.set_terms(terms_of(command))
        return row.id

    @reads(
        zones=lambda command: [zone_id(command.code)],
        rules=lambda command: [place_id(place.country, region_of(place.region)) for place in command.places],
    )
    @then_reads(
        rules=lambda self, command: [
            place_id(place.country, place.region) for place in self._places(zone_id(command.code))
        ]
    )
    def set_tax_zone(self, command: SetTaxZone) -> Id:
        """These places share rules from now on, and no others; the zone's id."""
        self._only_staff()
        refuse(zone_faults(command))
        id, places = zone_id(command.code), places_of(command)
        zone = self.zones.find(id)
        if zone is None:
            zone = TaxZone(id=id, code=command.code)
            self.zones.add(zone)
        taken = [place for place in places if self._zone_of(place) not in ("", command.code)]
        if taken:
            raise PlaceIsInAnotherZone(places=[msgspec.to_builtins(place) for place in taken[:10]])
        for place in zone.places:
            if place not in places:
                self._put(place, "")
        for place in places:
            self._put(place, command.code)
        zone.become(command.name, places)
        return id

    def _zone_of(self, place: TaxPlace) -> str:
        row = self.rules.find(place_id(place.country, place.region))
        if row is None:
            return ""
        return row.place.postal_zones.get(place.postal_prefix, "") if place.postal_prefix else row.place.zone

    def _put(self, place: TaxPlace, zone: str) -> None:
        row = self._place(place.country, place.region)
        known = row.place
        if not place.postal_prefix:
            row.place = PlaceTerms(terms=known.terms, zone=zone, postal_zones=known.postal_zones)
            return
        postal = {prefix: code for prefix, code in known.postal_zones.items() if prefix != place.postal_prefix}
        if zone:
            postal[place.postal_prefix] = zone
        row.place = PlaceTerms(terms=known.terms, zone=known.zone, postal_zones=postal)

    def _place(self, country: str, region: str) -> TaxRule:
        """The row that keeps what is said of a place."""
        id = place_id(country, region)
        row = self.rules.find(id)
        if row is None:
            row = TaxRule(id=id, country=country, region=region, category="")
            self.rules.add(row)
        return row

    def _places(self, id: str) -> Iterator[TaxPlace]:
        zone = self.zones.find(id)
        yield from zone.places if zone is not None else ()

    def _only_staff(self) -> None:
        if not (self.work.actor.has("system") or self.work.actor.has("staff")):
            raise MayNotSetTaxes()
