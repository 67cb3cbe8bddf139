"""What the platform takes: by seller and category, from a time on, frozen with each payment; and what gateways take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from argosy.contracts.payments import CategoryGoods, CommissionSet, SetCommission
from argosy.domains.payments.context import Ports, build
from argosy.domains.payments.domain.commission import (
    CommissionComesTooSoon,
    CommissionOutOfRange,
    CommissionRule,
    CommissionScopeUnreadable,
    rate,
)
from argosy.domains.payments.domain.shares import COMMISSION_BASIS_POINTS, Rate, ShareIsWrong
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Refused
from tests.domains.payments.counter import ANNA, BEN, Counter, a_share, approve, capture, captured, refund
from tests.support import FakeClock, an_id

NOW = FakeClock().now()
CLERK = Actor(id=an_id("clerk"), roles=frozenset({"staff"}))


def rule(name: str, basis_points: int, seller: Id | None = None, category: str = "", days: int = 0) -> CommissionRule:
    at = NOW + timedelta(days=days)
    return CommissionRule(
        id=an_id(name),
        seller_id=seller,
        category=category,
        basis_points=basis_points,
        effective_from=at,
        set_by="clerk",
        set_at=NOW,
    )


RULES = [
    rule("all", 400),
    rule("books", 300, category="books"),
    rule("anna", 200, ANNA),
    rule("anna's books", 100, ANNA, "books"),
    rule("all, later", 900, days=1),
]


@pytest.mark.parametrize(
    ("seller", "category", "days", "expected"),
    [
        (ANNA, "books", 0, 100),
        (ANNA, "toys", 0, 200),
        (BEN, "books", 0, 300),
        (BEN, "toys", 0, 400),
        (BEN, "toys", 1, 900),
        (BEN, "books", 1, 300),
        (ANNA, "books", -1, COMMISSION_BASIS_POINTS),
    ],
)
def test_the_most_particular_rule_counts_then_the_latest(seller: Id, category: str, days: int, expected: int) -> None:
    assert rate(RULES, seller, category, NOW + timedelta(days=days)).basis_points == expected
    assert rate(RULES[::-1], seller, category, NOW + timedelta(days=days)).basis_points == expected


def selling(rates: Any) -> Counter:
    """Anna sells books for 6,001 and toys for 1,999; captured by these rates."""
    counter = Counter()
    counter.stage.participant = type(counter.stage.participant)(
        "stage", counter.stage.participant.handlers, lambda work: build(work, Ports(rates=rates))
    )
    goods = (CategoryGoods(category="books", amount=6_001), CategoryGoods(category="toys", amount=1_999))
    share = msgspec.structs.replace(a_share(ANNA, 8_000, 500, 1_500), goods=goods)
    counter.authorize()
    counter.call()
    counter.send(capture((share,)))
    counter.call()
    return counter


def test_each_category_pays_its_own_and_the_share_says_by_which_rule() -> None:
    counter = selling(lambda seller, category: rate(RULES, seller, category, NOW))
    (share,) = counter.intent.shares
    assert share.commission_amount == 60 + 40
    assert [(one.category, one.basis_points, one.commission_amount, one.rule_id) for one in share.commission_parts] == [
        ("books", 100, 60, an_id("anna's books")),
        ("toys", 200, 40, an_id("anna")),
    ]
    assert (counter.balance("commission"), counter.balance(f"escrow:{ANNA}")) == (100, 8_400)
    assert counter.faults() == []


def test_what_was_frozen_stays_whatever_the_rules_are_later() -> None:
    rates = [100]
    counter = selling(lambda seller, category: Rate(rates[0], an_id("rule")))
    rates[0] = 9_000
    counter.send(refund())
    counter.call()
    assert (counter.balance("commission"), counter.balance(f"escrow:{ANNA}")) == (0, 0)
    assert counter.faults() == []


def test_without_rules_the_default_is_taken_of_all_goods_at_once() -> None:
    counter = selling(lambda seller, category: Rate(COMMISSION_BASIS_POINTS))
    (share,) = counter.intent.shares
    assert (share.commission_amount, share.commission_basis_points, share.commission_parts) == (400, 500, ())


def test_categories_that_are_not_the_goods_are_refused() -> None:
    counter = Counter()
    counter.authorize(1_000)
    counter.call()
    for amounts in ((999,), (1_001, -1)):
        goods = tuple(CategoryGoods(category=str(index), amount=amount) for index, amount in enumerate(amounts))
        (answer,) = counter.send(capture((msgspec.structs.replace(a_share(ANNA, 1_000), goods=goods),)))
        assert isinstance(answer, Refused) and answer.code == ShareIsWrong.code


def test_a_rule_is_added_for_sales_to_come() -> None:
    counter = Counter()
    (told,) = counter.stage.send(SetCommission(basis_points=250, seller_id=ANNA, category=" books "), actor=CLERK)
    assert isinstance(told, CommissionSet)
    assert (told.category, told.effective_from) == ("books", counter.clock.now() + timedelta(seconds=60))
    (kept,) = counter.stage.all(CommissionRule)
    assert (kept.id, kept.basis_points, kept.set_by) == (told.rule_id, 250, CLERK.id)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"basis_points": -1}, CommissionOutOfRange),
        ({"basis_points": 10_001}, CommissionOutOfRange),
        ({"seller_id": "anna"}, CommissionScopeUnreadable),
        ({"category": "x" * 101}, CommissionScopeUnreadable),
        ({"effective_from": NOW + timedelta(seconds=59)}, CommissionComesTooSoon),
        ({"basis_points": 99_999, "category": "\n", "effective_from": NOW}, Several),
    ],
)
def test_a_rule_that_is_none_is_refused(changes: dict[str, Any], kind: type[DomainError]) -> None:
    counter = Counter()
    with pytest.raises(kind):
        counter.stage.send(SetCommission(**{"basis_points": 100, **changes}), actor=CLERK)
    assert counter.stage.all(CommissionRule) == []


def test_the_gateways_fee_is_booked_apart_and_splits_nothing_anew() -> None:
    plain = captured()
    counter = captured(capture=[lambda request: msgspec.structs.replace(approve(request), fee_amount=59)])
    assert counter.intent.fee_amount == counter.balance("fees") == 59
    assert counter.balance("clearing:test") == 10_000 - 59
    for account in ("commission", "tax", f"escrow:{ANNA}", f"escrow:{BEN}"):
        assert counter.balance(account) == plain.balance(account)
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0
