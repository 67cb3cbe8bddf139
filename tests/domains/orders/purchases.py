"""Purchases as a checkout would ask for them, and a stage that plays orders."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from argosy.contracts.orders import Address, CancelOrders, ConfirmOrders, OrderDraft, OrderLine, PlaceOrders
from argosy.domains.orders.application.orders import Orders
from argosy.domains.orders.domain.order import Order, StatusChange
from argosy.domains.orders.domain.purchase import Purchase
from tests.support import Stage, an_id

ADDRESS = Address(recipient="Ada", street="1 Quay", city="Porto", postal_code="4000", country="PT")
FLOW, PURCHASE, BUYER, PAYMENT = an_id("flow"), an_id("purchase"), an_id("buyer"), an_id("payment")


def orders_stage() -> Stage:
    stage = Stage(
        (Orders,),
        lambda work: (Orders(work, work.repository(Purchase), work.repository(Order)),),
        unique=((Purchase, ("flow_id",)), (Order, ("order_number",))),
    )
    stage.store.keep_logs(Order, "items", "history", "payments", "refunds")
    return stage


def line(
    line_no: int = 1,
    *,
    quantity: int = 2,
    unit: int = 1000,
    discount: int = 0,
    on_top: int = 0,
    shipping: int = 0,
    shipping_on_top: int = 0,
) -> OrderLine:
    return OrderLine(
        line_no=line_no,
        product_id=an_id(f"product {line_no}"),
        variant_id=an_id(f"variant {line_no}"),
        sku=f"SKU-{line_no}",
        title="A thing",
        quantity=quantity,
        unit_amount=unit,
        price_id=an_id("price"),
        discount_amount=discount,
        tax_amount=on_top,
        tax_on_top=on_top,
        tax_basis_points=2000,
        total_amount=quantity * unit - discount + on_top,
        shipping_method="standard",
        shipping_amount=shipping,
        shipping_tax_amount=shipping_on_top,
        shipping_tax_on_top=shipping_on_top,
        stock_unit_id=an_id(f"unit {line_no}"),
        units_each=1,
    )


def draft(seller: str, *lines: OrderLine) -> OrderDraft:
    total = sum(line.total_amount + line.shipping_amount + line.shipping_tax_on_top for line in lines)
    return OrderDraft(order_id=an_id(f"order of {seller}"), seller_id=an_id(seller), total_amount=total, lines=lines)


def place(*drafts: OrderDraft, method: str = "card", **changes: object) -> PlaceOrders:
    drafts = drafts or (
        draft("anna", line(1, discount=100, on_top=380, shipping=500, shipping_on_top=100)),
        draft("bert", line(2, quantity=1, unit=250)),
    )
    command = PlaceOrders(
        flow_id=FLOW,
        purchase_id=PURCHASE,
        buyer_id=BUYER,
        client_request_id="request 1",
        currency="EUR",
        total_amount=sum(order.total_amount for order in drafts),
        payment_method=method,
        address=ADDRESS,
        orders=tuple(drafts),
        snapshot_hash="hash",
    )
    return replace(command, **changes)


ORDER_IDS = (an_id("order of anna"), an_id("order of bert"))
CONFIRM = ConfirmOrders(flow_id=FLOW, purchase_id=PURCHASE, order_ids=ORDER_IDS, payment_id=PAYMENT)
CANCEL = CancelOrders(flow_id=FLOW, purchase_id=PURCHASE, order_ids=ORDER_IDS, reason="expired")


def history(stage: Stage) -> Sequence[StatusChange]:
    return stage.store.logged.get((Order, "history"), [])


def statuses(stage: Stage) -> set[str]:
    return {order.status for order in stage.all(Order)}
