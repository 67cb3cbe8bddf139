"""Making and disabling coupons: who may, and with which terms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from argosy.contracts.promotions import CouponCreated, CouponTerms, CreateCoupon, DisableCoupon
from argosy.domains.promotions.application.coupons import CouponsAreNotYoursToMake
from argosy.domains.promotions.domain.coupon import (
    AmountOutOfRange,
    CodeIsTaken,
    Coupon,
    FunderUnknown,
    NoSuchCoupon,
    NotACode,
    NotAnId,
    PercentageOutOfRange,
    PeriodIsEmpty,
    ScopeOutOfRange,
    UsesOutOfRange,
)
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import named_id
from argosy.shared_kernel.money import UnknownCurrency
from tests.domains.promotions.coupons import ANNA, NOW, STAFF, coupon, promotions_stage, with_coupons
from tests.support import Stage, an_id


def create(**terms: Any) -> CreateCoupon:
    return CreateCoupon(**{"code": "TEN", "basis_points": 1000, **terms})


def refused(stage: Stage, command: Any, error: type[DomainError], actor: Actor = STAFF) -> dict[str, Any]:
    """The details of a refusal that changed nothing."""
    before = [row.__dict__ for row in stage.all(Coupon)]
    with pytest.raises(error) as refusal:
        stage.send(command, actor=actor)
    assert [row.__dict__ for row in stage.all(Coupon)] == before
    return refusal.value.details


@pytest.mark.parametrize("actor", [STAFF, SYSTEM])
def test_a_coupon_is_made_in_capitals_and_told(actor: Actor) -> None:
    stage = promotions_stage()
    id = named_id("coupon", "TEN")
    assert stage.send(create(code=" ten", max_uses=5), actor=actor) == [
        CouponCreated(coupon_id=id, code="TEN", basis_points=1000, max_uses=5, valid_from=NOW, valid_to=None)
    ]
    assert stage.result == id
    assert (coupon(stage, "TEN").type, coupon(stage, "TEN").status) == ("PERCENTAGE", "ACTIVE")
    assert stage.undeclared_loads == 0


def test_the_same_terms_again_are_the_same_coupon() -> None:
    stage = promotions_stage()
    stage.send(create(coupon_id=an_id("coupon")), actor=STAFF)
    assert stage.send(create(coupon_id=an_id("coupon")), create(code="ten"), actor=STAFF) == []
    assert stage.result == an_id("coupon")
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize(
    "terms",
    [
        {"basis_points": 1},
        {"max_uses": 1},
        {"max_uses_per_buyer": 1},
        {"funded_by": an_id("seller")},
        {"valid_to": NOW + timedelta(1)},
        {"coupon_id": an_id("another")},
        {"valid_from": NOW - timedelta(1)},
        {"terms": CouponTerms(min_amount=100, currency="EUR")},
        {"basis_points": 0, "terms": CouponTerms(amount=100, currency="EUR")},
    ],
)
def test_a_code_has_one_set_of_terms(terms: dict[str, Any]) -> None:
    assert refused(with_coupons("TEN"), create(**terms), CodeIsTaken) == {"code": "TEN"}


def test_an_id_names_one_coupon() -> None:
    stage = with_coupons("TEN", coupon_id=an_id("coupon"))
    refused(stage, create(code="SIX", coupon_id=an_id("coupon")), CodeIsTaken)


STRANGE: list[tuple[dict[str, Any], type[DomainError]]] = [
    ({"code": ""}, NotACode),
    ({"code": "A" * 41}, NotACode),
    ({"code": "A B"}, NotACode),
    ({"code": "\0"}, NotACode),
    ({"basis_points": 0}, PercentageOutOfRange),
    ({"basis_points": -1}, PercentageOutOfRange),
    ({"basis_points": 15_000}, PercentageOutOfRange),
    ({"max_uses": -1}, UsesOutOfRange),
    ({"max_uses": 2**63}, UsesOutOfRange),
    ({"max_uses_per_buyer": -1}, UsesOutOfRange),
    ({"valid_to": NOW}, PeriodIsEmpty),
    ({"valid_from": NOW + timedelta(2), "valid_to": NOW + timedelta(1)}, PeriodIsEmpty),
    ({"valid_to": datetime(2027, 1, 1)}, PeriodIsEmpty),  # noqa: DTZ001
    ({"funded_by": "somebody"}, FunderUnknown),
    ({"coupon_id": "1"}, NotAnId),
    ({"terms": CouponTerms(amount=500, currency="EUR")}, AmountOutOfRange),
    ({"basis_points": 0, "terms": CouponTerms(amount=500)}, AmountOutOfRange),
    ({"basis_points": 0, "terms": CouponTerms(amount=-1, currency="EUR")}, AmountOutOfRange),
    ({"basis_points": 0, "terms": CouponTerms(amount=2**63, currency="EUR")}, AmountOutOfRange),
    ({"basis_points": 0, "terms": CouponTerms(amount=5, cap_amount=4, currency="EUR")}, AmountOutOfRange),
    ({"terms": CouponTerms(min_amount=-1, currency="EUR")}, AmountOutOfRange),
    ({"terms": CouponTerms(min_amount=100)}, AmountOutOfRange),
    ({"terms": CouponTerms(currency="XXX")}, UnknownCurrency),
    ({"terms": CouponTerms(product_ids=("1",))}, ScopeOutOfRange),
    ({"terms": CouponTerms(seller_ids=(an_id("s"), an_id("s")))}, ScopeOutOfRange),
    ({"terms": CouponTerms(category="x\0")}, ScopeOutOfRange),
]


@pytest.mark.parametrize(("terms", "error"), STRANGE)
def test_strange_terms_are_refused(terms: dict[str, Any], error: type[DomainError]) -> None:
    refused(promotions_stage(), create(**terms), error)


def test_every_fault_of_the_terms_is_told_at_once() -> None:
    details = refused(promotions_stage(), create(code="", basis_points=0, max_uses=-1, funded_by="x"), Several)
    assert [fault["code"] for fault in details["faults"]] == [
        "not_a_code",
        "uses_out_of_range",
        "percentage_out_of_range",
        "funder_unknown",
    ]


def test_sellers_decide_on_their_own_coupons_only() -> None:
    stage = with_coupons("TEN")
    refused(stage, create(code="GIFT"), CouponsAreNotYoursToMake, ANNA)
    refused(stage, create(code="GIFT", funded_by=an_id("seller bert")), CouponsAreNotYoursToMake, ANNA)
    stage.send(create(code="ANNA", funded_by=an_id("seller anna")), actor=ANNA)
    assert refused(stage, DisableCoupon(code="TEN"), NoSuchCoupon, ANNA) == {}
    stage.send(DisableCoupon(code="anna"), actor=ANNA)
    assert (coupon(stage, "ANNA").status, coupon(stage, "TEN").status) == ("DISABLED", "ACTIVE")
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize(
    "actor",
    [
        Actor(),
        Actor(id=an_id("buyer"), roles=frozenset({"buyer"})),
        Actor(id=an_id("x"), roles=frozenset({"buyer"}), seller_id=an_id("seller anna")),
    ],
)
def test_others_make_no_coupons(actor: Actor) -> None:
    stage = promotions_stage()
    refused(stage, create(), CouponsAreNotYoursToMake, actor)
    refused(stage, create(funded_by=actor.seller_id or "platform"), CouponsAreNotYoursToMake, actor)


@pytest.mark.parametrize("code", ["NONE", "", "\0", "A" * 100])
def test_what_does_not_exist_is_not_disabled(code: str) -> None:
    refused(promotions_stage(), DisableCoupon(code=code), NoSuchCoupon)


def test_disabling_again_changes_nothing() -> None:
    stage = with_coupons("TEN")
    stage.send(DisableCoupon(code="TEN"), actor=STAFF)
    version = coupon(stage, "TEN").version
    stage.send(DisableCoupon(code="TEN"), actor=STAFF)
    assert coupon(stage, "TEN").version == version
