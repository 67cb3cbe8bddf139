"""Thresholds played alone: orders and thresholds in, sums and standings out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from argosy.contracts.orders import Address, OrderCreated, OrderLine, OrderPaid, OrderRefunded, TaxApplied
from argosy.contracts.taxes import TaxPlace
from argosy.contracts.taxes_thresholds import ReviewThresholds, SetTaxThreshold
from argosy.domains.taxes.context import SALES_SERVICES, SERVICES, build, build_sales
from argosy.domains.taxes.domain.sales import SalesSum, TaxSale
from argosy.domains.taxes.domain.standing import NOT_CONCERNED, ThresholdStanding, standing_id
from argosy.domains.taxes.domain.threshold import TaxThreshold, threshold_id
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Message
from tests.domains.taxes.desk import BUYER, SELLER
from tests.support import Stage, an_id


class Sold:
    """What was counted on a stage."""

    stage: Stage

    def thresholds(self) -> Sequence[TaxThreshold]:
        return sorted(self.stage.all(TaxThreshold), key=lambda one: one.id)

    def sellers(self, after: Id | None, since: str, limit: int) -> Sequence[Id]:
        selling = {one.seller_id for one in self.stage.all(SalesSum) if one.month >= since}
        standing = {one.seller_id for one in self.stage.all(ThresholdStanding) if one.level != NOT_CONCERNED}
        return sorted(id for id in selling | standing if id > (after or ""))[:limit]

    def sums(self, seller_ids: Sequence[Id], since: str) -> Sequence[SalesSum]:
        return [one for one in self.stage.all(SalesSum) if one.seller_id in seller_ids and one.month >= since]

    def old_sales(self, before: str, limit: int) -> Sequence[Id]:
        return [one.id for one in self.stage.all(TaxSale) if one.month < before][:limit]

    def old_sums(self, before: str, limit: int) -> Sequence[Id]:
        return [one.id for one in self.stage.all(SalesSum) if one.month < before][:limit]


def stage_with(*said: Message) -> Stage:
    sold = Sold()
    stage = Stage((*SERVICES, *SALES_SERVICES), lambda work: (*build(work), *build_sales(work, sold)))
    sold.stage = stage
    for message in said:
        stage.send(message)
    return stage


def threshold(code: str = "TX", **other: Any) -> SetTaxThreshold:
    said = {"name": code, "currency": "USD", "places": (TaxPlace(country="US", region="TX"),), **other}
    return SetTaxThreshold(code=code, **said)


def placed(
    name: str,
    amount: int,
    country: str = "US",
    region: str = "TX",
    *,
    seller_id: Id = SELLER,
    at: datetime | None = None,
    tax: int = 0,
    currency: str = "USD",
    reason: str = "rule",
) -> OrderCreated:
    line = OrderLine(
        line_no=1,
        product_id=an_id("product"),
        variant_id=an_id("variant"),
        sku="A",
        title="A",
        quantity=1,
        unit_amount=amount - tax,
        price_id=an_id("price"),
        discount_amount=0,
        tax_amount=tax,
        tax_on_top=tax,
        tax_basis_points=0,
        total_amount=amount,
        shipping_method="",
        shipping_amount=0,
        shipping_tax_amount=0,
        shipping_tax_on_top=0,
        stock_unit_id=an_id("unit"),
        units_each=1,
        taxes_applied=() if reason == "rule" else (TaxApplied(reason=reason),),
    )
    return OrderCreated(
        order_id=an_id(name),
        purchase_id=an_id("purchase"),
        checkout_id=an_id("checkout"),
        buyer_id=BUYER,
        seller_id=seller_id,
        order_number="A-1",
        currency=currency,
        total_amount=amount,
        payment_method="card",
        lines=(line,),
        address=Address(recipient="A", street="B", city="C", postal_code="1", country=country, region=region),
        created_at=at or datetime.fromisoformat("2026-01-01T00:00:00Z"),
    )


def paid(order: OrderCreated) -> OrderPaid:
    return OrderPaid(
        order_id=order.order_id,
        purchase_id=order.purchase_id,
        buyer_id=order.buyer_id,
        seller_id=order.seller_id,
        payment_id=an_id("payment"),
        total_amount=order.total_amount,
        currency=order.currency,
    )


def refunded(order: OrderCreated) -> OrderRefunded:
    return OrderRefunded(
        order_id=order.order_id,
        buyer_id=order.buyer_id,
        seller_id=order.seller_id,
        amount=order.total_amount,
        currency=order.currency,
    )


def sell(stage: Stage, name: str, amount: int, *where: str, **other: Any) -> OrderCreated:
    """An order that is placed and paid."""
    other.setdefault("at", stage.clock.now())
    order = placed(name, amount, *where, **other)
    assert stage.send(order, paid(order)) == []
    return order


def review(stage: Stage) -> list[Any]:
    told: list[Any] = stage.send(ReviewThresholds())
    assert stage.undeclared_loads == 0
    return told


def standing(stage: Stage, code: str = "TX", seller_id: Id = SELLER) -> ThresholdStanding:
    return stage.one(ThresholdStanding, standing_id(seller_id, threshold_id(code)))
