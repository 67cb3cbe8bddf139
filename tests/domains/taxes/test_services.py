"""Outside tax services: they decide where a destination names one, and our own rules where they do not answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from argosy.contracts.taxes import (
    LineTax,
    QuoteTax,
    ServiceLineTax,
    SetSellerTaxes,
    SetTaxTerms,
    TaxQuoted,
    TaxRegistration,
    TaxServiceAnswered,
)
from argosy.domains.taxes.adapters.outbound.services.test import TestTaxService
from argosy.domains.taxes.application.services import ServiceRequest, TaxService, TaxServiceDidNotAnswer, ask, can_be
from argosy.domains.taxes.domain.places import rule_id
from tests.domains.taxes.desk import FLOW, OTHER, SELLER, quote, rule, stage_with
from tests.domains.taxes.services import TaxServiceContract, a_request
from tests.support import Stage


class TestTheTestService(TaxServiceContract):
    def service(self) -> TaxService:
        return TestTaxService()

    def silent_service(self) -> TaxService:
        return TestTaxService(latency_milliseconds=60_000)


class Saying:
    """Says what it is told to."""

    def __init__(self, *lines: ServiceLineTax) -> None:
        self.lines = lines
        self.times = 0

    def tax(self, request: ServiceRequest) -> Any:
        self.times += 1
        if not self.lines:
            raise TaxServiceDidNotAnswer()
        return self.lines


def said(line_no: int, amount: int, basis_points: int = 600) -> ServiceLineTax:
    return ServiceLineTax(line_no=line_no, amount=amount, is_inclusive=False, basis_points=basis_points)


def canada(**terms: object) -> Stage:
    return stage_with(
        rule(500, "CA", is_inclusive=False),
        SetTaxTerms(country="CA", service="test", **terms),  # type: ignore[arg-type]
    )


SALE = quote(("standard", 1_000), ("books", 2_000, OTHER), country="CA")


def request_in(stage: Stage) -> ServiceRequest:
    (due,) = stage.due().values()
    assert (due.id, due.key) == (f"call:tax_service:{FLOW}", FLOW)
    return msgspec.json.decode(due.payload, type=ServiceRequest)


def outcome(stage: Stage, service: TaxService, *, attempt: int = 1, sale: QuoteTax = SALE) -> TaxQuoted:
    """What is told in the end, where this service is asked."""
    assert stage.send(sale) == [], "nothing is told before the service has answered"
    (told,) = stage.send(ask({"test": service}, request_in(stage), attempt))
    assert isinstance(told, TaxQuoted)
    assert stage.undeclared_loads == 0
    return told


def test_where_a_service_answers_it_decides_and_every_line_says_so() -> None:
    told = outcome(canada(), Saying(said(2, 120), said(1, 60)))
    assert (told.service, told.is_fallback) == ("test", False)
    assert told.lines == (
        LineTax(line_no=1, amount=60, is_inclusive=False, basis_points=600, rule_id=None, reason="service"),
        LineTax(line_no=2, amount=120, is_inclusive=False, basis_points=600, rule_id=None, reason="service"),
    )


@pytest.mark.parametrize(
    "service",
    [
        Saying(),
        Saying(said(1, 60)),
        Saying(said(1, 60), said(2, 120), said(3, 0)),
        Saying(said(1, 60), said(1, 60)),
        Saying(said(1, -1), said(2, 120)),
        Saying(said(1, 1_001), said(2, 120)),
        Saying(said(1, 60, 10_001), said(2, 120)),
    ],
    ids=["no answer", "a line is missing", "one too many", "one twice", "negative", "more than all", "no such rate"],
)
def test_where_it_does_not_answer_or_cannot_be_right_our_own_rules_decide_and_the_quote_says_so(
    service: Saying,
) -> None:
    told = outcome(canada(), service)
    assert (told.service, told.is_fallback) == ("test", True)
    assert [(line.amount, line.reason, line.rule_id) for line in told.lines] == [
        (50, "rule", rule_id("CA", "", "standard")),
        (100, "rule", rule_id("CA", "", "standard")),
    ]


def test_nobody_waits_for_a_service_twice() -> None:
    service = Saying(said(1, 60), said(2, 120))
    told = outcome(canada(), service, attempt=2)
    assert (told.is_fallback, service.times) == (True, 0)


def test_a_service_that_is_not_there_any_more_is_a_fallback_too() -> None:
    stage = canada()
    stage.send(SALE)
    (told,) = stage.send(ask({}, request_in(stage), 1))
    assert isinstance(told, TaxQuoted)
    assert told.is_fallback


def test_a_flow_that_asks_again_while_the_service_is_asked_asks_it_once() -> None:
    stage = canada()
    stage.send(SALE)
    assert stage.send(SALE) == []
    assert len(stage.due()) == 1


def test_a_service_is_asked_only_for_what_is_not_settled_by_who_buys_and_sells() -> None:
    stage = canada(checks_registrations=True)
    stage.send(SetSellerTaxes(seller_id=SELLER, country="US", registrations=(TaxRegistration(country="CA"),)))
    told = outcome(stage, Saying(said(1, 60)))
    assert [(line.amount, line.reason) for line in told.lines] == [(60, "service"), (0, "not_registered")]
    stage = canada(checks_registrations=True)
    (told,) = stage.send(SALE)  # type: ignore[assignment]
    assert isinstance(told, TaxQuoted)
    assert [line.reason for line in told.lines] == ["not_registered"] * 2
    assert not stage.due(), "nothing is left to ask"


def test_a_facilitator_owes_what_the_service_says() -> None:
    told = outcome(canada(is_facilitator=True), Saying(said(1, 60), said(2, 120)))
    assert {line.collected_by for line in told.lines} == {"platform"}


def test_a_service_that_this_marketplace_no_longer_uses_is_not_asked() -> None:
    stage = canada()
    stage.send(SetTaxTerms(country="CA", service="slow"))
    from argosy.domains.taxes.context import SERVICES, build

    other = Stage(SERVICES, lambda work: build(work, ()))
    other.store = stage.store
    (told,) = other.send(SALE)
    assert isinstance(told, TaxQuoted)
    assert (told.service, told.is_fallback) == ("", False)


def test_an_answer_is_one_command_that_holds_all_that_is_needed() -> None:
    answered = ask({"it": TestTaxService()}, a_request(1_000, country="CA"), 1)
    assert answered == TaxServiceAnswered(
        flow_id=FLOW,
        service="it",
        outcome="answered",
        quote=a_request(1_000, country="CA").quote,
        lines=(ServiceLineTax(line_no=1, amount=50, is_inclusive=False, basis_points=500),),
    )


def test_an_answer_to_nothing_is_none() -> None:
    assert not can_be((), ())
