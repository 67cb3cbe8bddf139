"""VAT ids are asked for beside everything else: what a register says is kept, and what it does not say stops nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from argosy.contracts.accounts import PersonErased
from argosy.contracts.taxes import SetBuyerTaxes, SetSellerTaxes, SetTaxTerms, VatIdChecked, VatRegisterAnswered
from argosy.domains.taxes.adapters.outbound.registers.vies import Vies
from argosy.domains.taxes.application.registers import (
    ANSWER_COUNTS,
    RegisterAnswer,
    RegisterDidNotAnswer,
    RegisterRequest,
    again_after,
    ask_register,
)
from argosy.domains.taxes.context import SERVICES, build
from argosy.domains.taxes.domain.party import BUYER as BUYER_ROLE
from argosy.domains.taxes.domain.party import TaxParty, VatCheck, party_id
from argosy.engine.work import Actor
from argosy.platform.outbound import Outbound
from tests.domains.taxes.desk import BUYER, SELLER, quote, rule, taxed
from tests.domains.taxes.vies import ViesOnThisMachine
from tests.support import Stage

ME = Actor(id=BUYER, roles=frozenset({"buyer"}))
MINE = party_id(BUYER_ROLE, BUYER)


@pytest.fixture
def vies() -> Iterator[ViesOnThisMachine]:
    found = ViesOnThisMachine()
    yield found
    found.close()


def asking(vies: ViesOnThisMachine, requester: str = "DE136695976") -> Vies:
    return Vies(Outbound.of({"ARGOSY_OUTBOUND_PRIVATE": "127.0.0.0/8"}), vies.url, requester)


def stage_asking(register: Any) -> Stage:
    stage = Stage(SERVICES, lambda work: build(work, (), register))
    stage.send(
        rule(2_300, "PT"),
        SetTaxTerms(country="PT", reverse_charge=True),
        SetSellerTaxes(seller_id=SELLER, country="ES"),
    )
    return stage


def set_vat_id(stage: Stage, vat_id: str = "PT501964843") -> None:
    stage.send(SetBuyerTaxes(vat_id=vat_id), actor=ME)


def request_in(stage: Stage) -> RegisterRequest:
    (due,) = [one for id, one in stage.due().items() if id.startswith(f"call:vat_check:{MINE}")]
    return msgspec.json.decode(due.payload, type=RegisterRequest)


def answer(stage: Stage, register: Any) -> list[Any]:
    """The call that is planned is made, and its answer applied, in the place of the call."""
    request = request_in(stage)
    del stage.store.due_rows[f"call:vat_check:{MINE}:{request.asked}"]
    return list(stage.send(ask_register(register, request)))


def check(stage: Stage) -> VatCheck:
    return stage.one(TaxParty, MINE).vat_check


def sold(stage: Stage) -> tuple[str, int, str]:
    (line,) = taxed(stage, quote(("standard", 1_230), country="PT"))
    return line.reason, line.amount, line.vat_check


def test_a_number_counts_by_its_form_until_the_register_has_answered_and_says_so(vies: ViesOnThisMachine) -> None:
    stage = stage_asking(asking(vies))
    set_vat_id(stage)
    assert check(stage).outcome == "pending"
    assert sold(stage) == ("reverse_charge", 0, "form only"), "nobody waits for the register"
    (told,) = answer(stage, asking(vies))
    assert isinstance(told, VatIdChecked)
    assert (told.is_valid, told.consultation, told.checked_at) == (True, "WAPIAAAA00000001", stage.clock.now())
    day = stage.clock.now().date().isoformat()
    assert sold(stage) == ("reverse_charge", 0, f"vies {day} WAPIAAAA00000001")
    assert vies.asked == [
        {
            "countryCode": "PT",
            "vatNumber": "501964843",
            "requesterMemberStateCode": "DE",
            "requesterNumber": "136695976",
        }
    ]
    assert stage.undeclared_loads == 0


def test_a_number_that_is_none_is_no_reason_for_reverse_charge(vies: ViesOnThisMachine) -> None:
    vies.known.clear()
    stage = stage_asking(asking(vies))
    set_vat_id(stage)
    answer(stage, asking(vies))
    assert check(stage).outcome == "invalid"
    assert sold(stage) == ("rule", 230, "")


@pytest.mark.parametrize(
    "fault",
    ["MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ", "TIMEOUT", "INVALID_REQUESTER_INFO"],
)
def test_who_is_away_is_asked_again_later_and_less_often(vies: ViesOnThisMachine, fault: str) -> None:
    vies.fault = fault
    stage = stage_asking(asking(vies))
    set_vat_id(stage)
    assert answer(stage, asking(vies)) == []
    assert (check(stage).outcome, check(stage).failures) == ("pending", 1)
    assert sold(stage) == ("reverse_charge", 0, "form only")
    (due,) = stage.due().values()
    assert due.due_at == stage.clock.now() + timedelta(minutes=5)
    answer(stage, asking(vies))
    (due,) = stage.due().values()
    assert due.due_at == stage.clock.now() + timedelta(minutes=10)
    vies.fault = ""
    answer(stage, asking(vies))
    assert (check(stage).outcome, check(stage).failures) == ("valid", 0)
    (due,) = stage.due().values()
    assert due.due_at == stage.clock.now() + ANSWER_COUNTS
    assert [again_after(count) for count in (1, 9, 100)] == [
        timedelta(minutes=5),
        timedelta(hours=21, minutes=20),
        timedelta(days=1),
    ]


def test_the_last_answer_counts_until_there_is_another(vies: ViesOnThisMachine) -> None:
    stage = stage_asking(asking(vies))
    set_vat_id(stage)
    answer(stage, asking(vies))
    vies.fault = "MS_UNAVAILABLE"
    answer(stage, asking(vies))
    assert (check(stage).outcome, check(stage).consultation) == ("valid", "WAPIAAAA00000001")
    vies.fault, vies.known = "", set()
    answer(stage, asking(vies))
    assert check(stage).outcome == "invalid"


def test_another_number_is_another_question_and_late_answers_are_nobodys(vies: ViesOnThisMachine) -> None:
    stage = stage_asking(asking(vies))
    set_vat_id(stage)
    late = request_in(stage)
    set_vat_id(stage, "DE136695976")
    assert request_in(stage).vat_id == "DE136695976", "the first question is taken back"
    assert stage.send(ask_register(asking(vies), late)) == []
    assert check(stage).outcome == "pending"
    set_vat_id(stage, "")
    assert stage.due() == {}
    assert check(stage).outcome == ""


def test_of_a_person_who_is_erased_no_question_stays(vies: ViesOnThisMachine) -> None:
    stage = stage_asking(asking(vies))
    set_vat_id(stage)
    waiting = request_in(stage)
    stage.send(PersonErased(user_id=BUYER))
    assert stage.due() == {}
    assert stage.send(ask_register(asking(vies), waiting)) == []
    assert [one.role for one in stage.all(TaxParty)] == ["seller"]


def test_numbers_that_the_register_does_not_know_and_those_of_who_asks_nobody_count_by_form(
    vies: ViesOnThisMachine,
) -> None:
    stage = stage_asking(asking(vies))
    set_vat_id(stage, "GB980780684")
    assert stage.due() == {} and check(stage).outcome == ""
    quiet = stage_asking(None)
    set_vat_id(quiet)
    assert quiet.due() == {}
    assert sold(quiet) == ("reverse_charge", 0, "")


def test_sellers_are_asked_for_as_well(vies: ViesOnThisMachine) -> None:
    stage = stage_asking(asking(vies))
    stage.send(SetSellerTaxes(seller_id=SELLER, country="ES", vat_id="PT501964843"))
    stage.send(SetSellerTaxes(seller_id=SELLER, country="ES", vat_id="PT501964843", region="X"))
    (due,) = stage.due().values()
    request = msgspec.json.decode(due.payload, type=RegisterRequest)
    assert (request.vat_id, request.subject) == ("PT501964843", "")


@pytest.mark.parametrize(
    ("vat_id", "is_valid"),
    [("EL094259216", True), ("GR094259216", True), ("XI980780684", False), ("DE136695976", True)],
)
def test_every_state_is_written_as_vies_does(vies: ViesOnThisMachine, vat_id: str, is_valid: bool) -> None:
    register = asking(vies, requester="")
    assert register.knows(vat_id)
    assert register.check(vat_id, 2) == RegisterAnswer(is_valid)
    assert set(vies.asked[-1]) == {"countryCode", "vatNumber"}


def test_what_vies_calls_malformed_is_no_number(vies: ViesOnThisMachine) -> None:
    vies.fault = "INVALID_INPUT"
    assert asking(vies).check("DE136695976", 2) == RegisterAnswer(is_valid=False)


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b"<html>"},
        {"body": b"[]"},
        {"body": b"{}"},
        {"body": b'{"valid": "true"}'},
        {"body": b'{"valid": true, "x": "' + b"x" * 200_000 + b'"}'},
        {"status": 500},
        {"status": 429},
        {"sleeps": 1.0},
    ],
)
def test_what_nobody_can_read_is_no_answer(vies: ViesOnThisMachine, changed: dict[str, Any]) -> None:
    for name, value in changed.items():
        setattr(vies, name, value)
    with pytest.raises(RegisterDidNotAnswer):
        asking(vies).check("DE136695976", 0.3)


def test_a_register_that_is_not_there_is_no_answer(vies: ViesOnThisMachine) -> None:
    vies.close()
    request = RegisterRequest(party_id=MINE, subject=BUYER, vat_id="DE136695976", asked=1)
    assert ask_register(asking(vies), request) == VatRegisterAnswered(
        party_id=MINE, subject_id=BUYER, asked=1, register="vies"
    )
