"""What a quote is taxed: by the rules of its moment, or by an outside service where the destination names one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from argosy.contracts.taxes import (
    LineTax,
    PreviewTax,
    QuoteTax,
    ServiceLineTax,
    TaxableLine,
    TaxQuoted,
    TaxServiceAnswered,
)
from argosy.domains.taxes.application.services import ANSWERED, TAX_SERVICE, ServiceRequest
from argosy.domains.taxes.domain.explanation import ExplainedTax, TaxPreview, explained
from argosy.domains.taxes.domain.party import BUYER, SELLER, TaxParty, party_id
from argosy.domains.taxes.domain.places import Destination, place_id, region_of, rule_id
from argosy.domains.taxes.domain.quote import (
    BY_PLATFORM,
    BY_SELLER,
    NO_RULE,
    RULE,
    SERVICE,
    Assessment,
    Parties,
    Surroundings,
    is_taxed_by_origin,
)
from argosy.domains.taxes.domain.rule import STANDARD, MayNotSetTaxes, TaxRule, check_lines
from argosy.domains.taxes.domain.terms import SAME_ZONE
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

Asking = QuoteTax | PreviewTax
F = TypeVar("F", bound=Callable[..., Any])


def reads_rules(quote: Callable[[Any], Asking]) -> Callable[[F], F]:
    """What a quote loads: rules of its destination; where the terms there ask for it, rules of zones, who sells and
    buys; and where sellers are taxed by their own place, what is said of that place, and then its rules."""

    def mark(handler: F) -> F:
        handler = then_reads(rules=lambda self, command: self._origin_rules(quote(command)))(handler)
        handler = then_reads(rules=lambda self, command: self._origin_places(quote(command)))(handler)
        handler = then_reads(
            rules=lambda self, command: self._zone_rules(quote(command)),
            parties=lambda self, command: self._people(quote(command)),
        )(handler)
        return reads(rules=lambda command: _near(quote(command)))(handler)

    return mark


def _near(command: Asking) -> Iterator[Id]:
    """The rules of the country and the region, and what is said of both."""
    country = command.country
    places = dict.fromkeys((region_of(command.region), ""))
    kinds = dict.fromkeys((*(line.category for line in command.lines), STANDARD, ""))
    for kind in kinds:
        for region in places:
            yield rule_id(country, region, kind)


class TaxQuotes:
    """A quote writes nothing but its answer, and where a service is asked, the call of it.

    It loads the rules of its destination. Only where the terms there ask for it does it load more: rules of zones,
    sellers, the buyer.
    """

    def __init__(
        self,
        work: UnitOfWork,
        rules: Repository[TaxRule],
        parties: Repository[TaxParty],
        services: Collection[str] = (),
    ) -> None:
        self.work = work
        self.rules = rules
        self.parties = parties
        self.services = services

    @reads_rules(lambda command: command)
    def quote_tax(self, command: QuoteTax) -> None:
        """Tax every line; no rule means no tax. Where a service decides, it is asked, and answers later."""
        check_lines(command.lines, command.country, command.currency)
        assessment = self._assessment(command, self.work.now)
        service = assessment.terms.service
        if service and service in self.services:
            asked = _for_service(assessment, command.lines)
            if asked:
                request = ServiceRequest(service=service, quote=command, line_nos=asked)
                self.work.call(TAX_SERVICE, command.flow_id, request, id=command.flow_id)
                return
        self.work.announce(TaxQuoted(flow_id=command.flow_id, lines=assessment.taxes(command.lines)))

    @reads_rules(lambda command: command.quote)
    def on_service_answered(self, command: TaxServiceAnswered) -> None:
        """Give the service's taxes, or, where it did not answer, those of our own rules, and say so."""
        quote = command.quote
        assessment = self._assessment(quote, self.work.now)
        ours = assessment.taxes(quote.lines)
        if command.outcome != ANSWERED:
            lines = ours
        else:
            said = {line.line_no: line for line in command.lines}
            collected_by = BY_PLATFORM if assessment.terms.is_facilitator else BY_SELLER
            lines = tuple([_as_said(said[tax.line_no], collected_by) if tax.line_no in said else tax for tax in ours])
        self.work.announce(
            TaxQuoted(
                flow_id=command.flow_id,
                lines=lines,
                service=command.service,
                is_fallback=command.outcome != ANSWERED,
            )
        )

    @reads_rules(lambda command: command)
    def preview_tax(self, command: PreviewTax) -> TaxPreview:
        """What would be taxed there and why; nothing is kept of it."""
        if not (self.work.actor.has("system") or self.work.actor.has("staff")):
            raise MayNotSetTaxes()
        check_lines(command.lines, command.country, command.currency)
        at = command.at or self.work.now
        assessment = self._assessment(command, at)
        return TaxPreview(
            at=at,
            terms=assessment.terms,
            zones=assessment.around.zones,
            lines=tuple([self._explained(tax) for tax in assessment.taxes(command.lines)]),
        )

    def _explained(self, tax: LineTax) -> ExplainedTax:
        return explained(tax, self.rules.find(tax.rule_id) if tax.rule_id else None)

    def _around(self, command: Asking) -> Surroundings:
        return self._around_place(Destination.of(command.country, command.region, command.postal_code))

    def _around_place(self, where: Destination) -> Surroundings:
        region = self.rules.find(place_id(where.country, where.region)) if where.region else None
        country = self.rules.find(place_id(where.country, ""))
        return Surroundings(where, region.place if region else None, country.place if country else None)

    def _origins(self, command: Asking, around: Surroundings) -> dict[str, Surroundings]:
        """The places of sellers who are taxed by them."""
        if not around.terms.origin:
            return {}
        found = {}
        for seller_id, seller in self._sellers(command).items():
            if seller is not None and is_taxed_by_origin(around.terms, around.where, seller):
                place = self._around_place(seller.place)
                if around.terms.origin != SAME_ZONE or set(place.zones) & set(around.zones):
                    found[seller_id] = place
        return found

    def _sellers(self, command: Asking) -> dict[str, TaxParty | None]:
        ids = dict.fromkeys(line.seller_id for line in command.lines)
        return {id: self.parties.find(party_id(SELLER, id)) for id in ids}

    def _origin_places(self, command: Asking) -> list[Id]:
        around = self._around(command)
        if not around.terms.origin:
            return []
        return [
            place_id(seller.country, region)
            for seller in self._sellers(command).values()
            if seller is not None and is_taxed_by_origin(around.terms, around.where, seller)
            for region in dict.fromkeys((seller.region, ""))
        ]

    def _origin_rules(self, command: Asking) -> list[Id]:
        kinds = dict.fromkeys(line.category for line in command.lines)
        places = self._origins(command, self._around(command)).values()
        return [id for place in places for kind in kinds for id in place.candidates(kind)]

    def _zone_rules(self, command: Asking) -> Sequence[Id]:
        around = self._around(command)
        if not around.zones:
            return ()
        kinds = dict.fromkeys(line.category for line in command.lines)
        return [id for kind in kinds for id in around.candidates(kind)]

    def _people(self, command: Asking) -> Sequence[Id]:
        terms = self._around(command).terms
        wanted = []
        if terms.looks_at_sellers:
            wanted = [party_id(SELLER, id) for id in dict.fromkeys(line.seller_id for line in command.lines)]
        if terms.looks_at_buyers and command.buyer_id:
            wanted.append(party_id(BUYER, command.buyer_id))
        return wanted

    def _assessment(self, command: Asking, at: datetime) -> Assessment:
        around = self._around(command)
        sellers = self._sellers(command) if around.terms.looks_at_sellers else {}
        buyer = None
        if around.terms.looks_at_buyers and command.buyer_id:
            buyer = self.parties.find(party_id(BUYER, command.buyer_id))
        parties = Parties(sellers, buyer, self._origins(command, around))
        return Assessment(around, at, self.rules.find, parties)


def _for_service(assessment: Assessment, lines: Sequence[TaxableLine]) -> tuple[int, ...]:
    """Lines that are not settled by who buys and who sells."""
    return tuple([line.line_no for line in lines if assessment.judge(line).reason in (RULE, NO_RULE)])


def _as_said(said: ServiceLineTax, collected_by: str) -> LineTax:
    return LineTax(
        line_no=said.line_no,
        amount=said.amount,
        is_inclusive=said.is_inclusive,
        basis_points=said.basis_points,
        rule_id=None,
        reason=SERVICE,
        hundredths=said.hundredths,
        collected_by=collected_by,
    )
