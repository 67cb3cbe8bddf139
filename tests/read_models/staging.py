"""Events as other contexts tell them, and stages with one view on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from argosy.contracts import carts, checkout, inventory, orders, products, promotions
from argosy.read_models.views import View
from argosy.shared_kernel.ids import Id
from tests.support import Stage, an_id

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BUYER, SELLER = an_id("buyer"), an_id("seller")
ADDRESS = orders.Address(recipient="Ana", street="Rua 1", city="Rio", postal_code="1", country="BR")


def stage_of(view: View) -> Stage:
    return Stage(view.projectors, view.build)


def body(stage: Stage, kind: type[Any], name: str) -> Any:
    """A document as its reader decodes it."""
    return msgspec.json.decode(stage.one(kind, an_id(name)).body)


def rows_of(stage: Stage, view: View) -> dict[Any, Any]:
    """Every row of a view, without the count of its writes."""
    return {(kind.__name__, row.id): {**row.__dict__, "version": 0} for kind in view.kinds for row in stage.all(kind)}


def listed(
    name: str,
    amount: int = 500,
    unit: str = "",
    units_each: int = 1,
    **attributes: str,
) -> products.ListedVariant:
    return products.ListedVariant(
        variant_id=an_id(name),
        sku=name,
        amount=amount,
        currency="BRL",
        attributes=tuple(products.Attribute(name=key, value=value) for key, value in attributes.items()),
        stock_unit_id=an_id(unit or f"unit of {name}"),
        units_each=units_each,
        weight_grams=10,
    )


def promoted(name: str, funded_by: str = "platform", **terms: Any) -> promotions.PromotionCreated:
    return promotions.PromotionCreated(
        promotion_id=an_id(name),
        name=name,
        funded_by=funded_by,
        terms=promotions.PromotionTerms(effect="percentage", basis_points=500, **terms),
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
    )


def published(
    name: str,
    *variants: products.ListedVariant,
    category: str = "toys",
    seller: Id = SELLER,
) -> products.ProductPublished:
    return products.ProductPublished(
        product_id=an_id(name),
        seller_id=seller,
        sku=name,
        title=f"A {name}",
        description="Fine.",
        category=category,
        images=("/one.jpg",),
        attributes=(),
        variants=variants or (listed(f"{name} variant"),),
    )


def told(unit: str, available: int, warehouse: str = "main") -> inventory.AvailabilityChanged:
    return inventory.AvailabilityChanged(
        stock_item_id=an_id(f"{unit} in {warehouse}"), stock_unit_id=an_id(unit), product_id=None, available=available
    )


def cart(*lines: tuple[str, str, int], buyer: Id = BUYER) -> carts.CartChanged:
    return carts.CartChanged(
        cart_id=an_id("cart"),
        buyer_id=buyer,
        coupons=("TEN",),
        lines=tuple(
            carts.CartLine(product_id=an_id(product), variant_id=an_id(variant), quantity=quantity)
            for product, variant, quantity in lines
        ),
    )


def started(name: str = "checkout", buyer: Id = BUYER) -> checkout.CheckoutStarted:
    return checkout.CheckoutStarted(
        checkout_id=an_id(name), buyer_id=buyer, cart_id=an_id("cart"), started_at=NOON, expires_at=NOON
    )


def reserved(name: str = "checkout") -> checkout.CheckoutInventoryReserved:
    return checkout.CheckoutInventoryReserved(
        checkout_id=an_id(name),
        buyer_id=BUYER,
        purchase_id=an_id("purchase"),
        order_ids=(an_id("order"),),
        total_amount=1_500,
        currency="BRL",
    )


def completed(name: str = "checkout") -> checkout.CheckoutCompleted:
    return checkout.CheckoutCompleted(
        checkout_id=an_id(name),
        buyer_id=BUYER,
        cart_id=an_id("cart"),
        purchase_id=an_id("purchase"),
        order_ids=(an_id("order"),),
        variant_ids=(an_id("variant"),),
        coupons=(),
        total_amount=1_500,
        currency="BRL",
    )


def created(
    name: str = "order",
    *,
    buyer: Id = BUYER,
    seller: Id = SELLER,
    at: datetime = NOON,
) -> orders.OrderCreated:
    line = orders.OrderLine(
        line_no=1,
        product_id=an_id("bear"),
        variant_id=an_id("bear variant"),
        sku="bear",
        title="A bear",
        quantity=2,
        unit_amount=700,
        price_id=an_id("price"),
        discount_amount=0,
        tax_amount=100,
        tax_on_top=0,
        tax_basis_points=1_000,
        total_amount=1_400,
        shipping_method="standard",
        shipping_amount=100,
        shipping_tax_amount=0,
        shipping_tax_on_top=0,
        stock_unit_id=an_id("unit"),
        units_each=1,
    )
    return orders.OrderCreated(
        order_id=an_id(name),
        purchase_id=an_id("purchase"),
        checkout_id=an_id("checkout"),
        buyer_id=buyer,
        seller_id=seller,
        order_number=f"N-{name}",
        currency="BRL",
        total_amount=1_500,
        payment_method="card",
        lines=(line,),
        address=ADDRESS,
        created_at=at,
    )


def confirmed(name: str = "order", seller: Id = SELLER) -> orders.OrderConfirmed:
    return orders.OrderConfirmed(order_id=an_id(name), buyer_id=BUYER, seller_id=seller)


def paid(name: str = "order", seller: Id = SELLER, currency: str = "BRL") -> orders.OrderPaid:
    return orders.OrderPaid(
        order_id=an_id(name),
        purchase_id=an_id("purchase"),
        buyer_id=BUYER,
        seller_id=seller,
        payment_id=an_id("payment"),
        total_amount=1_500,
        currency=currency,
    )


def cancelled(name: str = "order") -> orders.OrderCancelled:
    return orders.OrderCancelled(order_id=an_id(name), buyer_id=BUYER, seller_id=SELLER, reason="stock_short")


def refunded(name: str = "order") -> orders.OrderRefunded:
    return orders.OrderRefunded(order_id=an_id(name), buyer_id=BUYER, seller_id=SELLER, amount=1_500, currency="BRL")
