"""Registration thresholds: staff say them, and a job sees how sellers stand to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from argosy.contracts.taxes import TaxPlace
from argosy.contracts.taxes_thresholds import EndTaxThreshold, ReviewThresholds, SetTaxThreshold
from argosy.domains.taxes.domain.party import SELLER, TaxParty, party_id
from argosy.domains.taxes.domain.places import Destination, TaxZone, place_id, zone_id
from argosy.domains.taxes.domain.quote import Surroundings
from argosy.domains.taxes.domain.rule import MayNotSetTaxes, TaxRule
from argosy.domains.taxes.domain.sales import SalesSum
from argosy.domains.taxes.domain.standing import (
    Measure,
    ThresholdStanding,
    is_concerned,
    looks_back_to,
    measures,
    standing_id,
    unregistered,
)
from argosy.domains.taxes.domain.threshold import (
    NoSuchThreshold,
    TaxThreshold,
    ZoneUnknown,
    limit_of,
    threshold_faults,
    threshold_id,
)
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id

SETTING = "ARGOSY_TAX_THRESHOLDS"
"""`yes`: sales are counted, and sellers told how they stand."""
SELLERS_MAX = 50
"""Sellers whom one look takes up; where there are more, it looks again."""


def is_watching(environment: Mapping[str, str]) -> bool:
    """Whether the operator has sales counted."""
    return environment.get(SETTING, "no") == "yes"


class TaxThresholds:
    """A threshold has versions, as rules have."""

    def __init__(self, work: UnitOfWork, thresholds: Repository[TaxThreshold], zones: Repository[TaxZone]) -> None:
        self.work = work
        self.thresholds = thresholds
        self.zones = zones

    @reads(
        thresholds=lambda command: [threshold_id(command.code)],
        zones=lambda command: [zone_id(code) for code in command.zones],
    )
    def set_tax_threshold(self, command: SetTaxThreshold) -> Id:
        """Say from which sales on a seller must be registered there; the threshold's id."""
        self._only_staff()
        refuse(threshold_faults(command))
        unknown = [code for code in command.zones if not self._is_known(code)]
        if unknown:
            raise ZoneUnknown(field="zones", codes=unknown[:10])
        id = threshold_id(command.code)
        threshold = self.thresholds.find(id)
        if threshold is None:
            threshold = TaxThreshold(id=id, code=command.code)
            self.thresholds.add(threshold)
        threshold.apply(limit_of(command), self.work.now)
        return id

    @reads(thresholds=lambda command: [threshold_id(command.code)])
    def end_tax_threshold(self, command: EndTaxThreshold) -> Id:
        """From then on nobody must be registered for it; again changes nothing."""
        self._only_staff()
        threshold = self.thresholds.find(threshold_id(command.code))
        if threshold is None:
            raise NoSuchThreshold()
        threshold.end(command.valid_from, self.work.now)
        return threshold.id

    def _is_known(self, code: str) -> bool:
        zone = self.zones.find(zone_id(code))
        return zone is not None and any(not place.postal_prefix for place in zone.places)

    def _only_staff(self) -> None:
        if not (self.work.actor.has("system") or self.work.actor.has("staff")):
            raise MayNotSetTaxes()


class Sold(Protocol):
    """Finds what was counted."""

    def thresholds(self) -> Sequence[TaxThreshold]:
        """All that ever were."""
        ...

    def sellers(self, after: Id | None, since: str, limit: int) -> Sequence[Id]:
        """Those who have sold something since a month, or who stand to a threshold; by id, behind one."""
        ...

    def sums(self, seller_ids: Sequence[Id], since: str) -> Sequence[SalesSum]:
        """What they have sold since then."""
        ...


class ThresholdReviews:
    """Looks through all who sell, a bounded part at a time. What it finds is written where it is another, and a
    period is told of once, so that looking again changes nothing."""

    def __init__(
        self,
        work: UnitOfWork,
        rules: Repository[TaxRule],
        parties: Repository[TaxParty],
        standings: Repository[ThresholdStanding],
        sold: Sold,
    ) -> None:
        self.work = work
        self.rules = rules
        self.parties = parties
        self.standings = standings
        self.sold = sold
        self._looked: dict[Id | None, _Look] = {}
        self._said: dict[tuple[str, str], Surroundings] = {}

    @then_reads(
        parties=lambda self, command: [party_id(SELLER, id) for id in self._look(command).sellers],
        rules=lambda self, command: self._look(command).places(),
        standings=lambda self, command: self._look(command).standings(),
    )
    @then_reads(rules=lambda self, command: self._homes(command))
    def review_thresholds(self, command: ReviewThresholds) -> None:
        """See where each of these sellers stands, and go on with those behind them."""
        look = self._look(command)
        for seller_id in look.sellers:
            for threshold in look.thresholds:
                self._review(seller_id, threshold, look.sums.get(seller_id, ()))
        if len(look.sellers) == SELLERS_MAX:
            self.work.announce(ReviewThresholds(after=look.sellers[-1]))

    def _review(self, seller_id: Id, threshold: TaxThreshold, sums: Sequence[SalesSum]) -> None:
        now = self.work.now
        standing = self.standings.find(standing_id(seller_id, threshold.id))
        seller = self.parties.find(party_id(SELLER, seller_id))
        limit = threshold.limit_at(now)
        if limit is None or not is_concerned(limit, seller, self._around):
            if standing is not None:
                standing.leave()
            return

        def missing(found: Measure) -> tuple[TaxPlace, ...]:
            return unregistered(found.sold_to, seller, self._around, now)

        found = measures(limit, sums, seller, self._around, now)
        if standing is None:
            if not any(one.sales for one in found):
                return
            standing = ThresholdStanding.of(seller_id, threshold)
            self.standings.add(standing)
        standing.stand(limit, found, missing, now)

    def _around(self, country: str, region: str) -> Surroundings:
        known = self._said.get((country, region))
        if known is None:
            known = self._said[country, region] = self._said_of(country, region)
        return known

    def _said_of(self, country: str, region: str) -> Surroundings:
        of_region = self.rules.find(place_id(country, region)) if region else None
        of_country = self.rules.find(place_id(country, ""))
        return Surroundings(
            Destination(country=country, region=region),
            of_region.place if of_region else None,
            of_country.place if of_country else None,
        )

    def _homes(self, command: ReviewThresholds) -> Iterator[Id]:
        for seller_id in self._look(command).sellers:
            seller = self.parties.find(party_id(SELLER, seller_id))
            if seller is not None:
                yield from _rows_of(seller.country, seller.region)

    def _look(self, command: ReviewThresholds) -> _Look:
        """Made once per unit of work."""
        if command.after not in self._looked:
            since, thresholds = looks_back_to(self.work.now), self.sold.thresholds()
            sellers = self.sold.sellers(command.after, since, SELLERS_MAX) if thresholds else ()
            sums = self.sold.sums(sellers, since) if sellers else ()
            self._looked[command.after] = _Look(thresholds, sellers, sums)
        return self._looked[command.after]


class _Look:
    """What one look goes through."""

    def __init__(self, thresholds: Sequence[TaxThreshold], sellers: Sequence[Id], sums: Sequence[SalesSum]) -> None:
        self.thresholds = thresholds
        self.sellers = sellers
        self.sums: dict[Id, list[SalesSum]] = {}
        for one in sums:
            self.sums.setdefault(one.seller_id, []).append(one)

    def places(self) -> list[Id]:
        sold_to = dict.fromkeys((one.country, one.region) for some in self.sums.values() for one in some)
        return [id for country, region in sold_to for id in _rows_of(country, region)]

    def standings(self) -> list[Id]:
        return [standing_id(seller_id, one.id) for seller_id in self.sellers for one in self.thresholds]


def _rows_of(country: str, region: str) -> list[Id]:
    """Where it is kept what was said of a place."""
    return [place_id(country, one) for one in dict.fromkeys((region, ""))]
