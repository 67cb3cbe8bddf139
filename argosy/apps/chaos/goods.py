"""What the buyers of an experiment buy: goods of two sellers, coupons, a tax rule and rates, bought in one currency."""

from __future__ import annotations

from typing import Any

from argosy.contracts.accounts import RegisterUser
from argosy.contracts.inventory import ReceiveStock
from argosy.contracts.products import CreateProduct, NewVariant, PublishProduct
from argosy.contracts.promotions import CreateCoupon
from argosy.contracts.shipping import SetShippingRate
from argosy.contracts.taxes import SetTaxRule
from argosy.engine.work import SYSTEM
from argosy.platform.runtime import Runtime
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Command

SELLERS = (named_id("chaos", "seller", "one"), named_id("chaos", "seller", "two"))
PRODUCTS = 12
PIECES = 1_000_000
DELIVERY = 700
COUPON = "CHAOS10"
PASSWORD = "chaos needs a pass phrase"
BUYERS = 8
ADDRESS = {
    "recipient": "Ana Souza",
    "street": "Rua das Flores 12",
    "city": "Sao Paulo",
    "postal_code": "01000-000",
    "country": "BR",
    "region": "SP",
}


def seed(place: Runtime) -> None:
    """Everything that can be bought, and who buys it."""
    for seller in SELLERS:
        for number in range(PRODUCTS):
            offer(place, f"thing {number}", PIECES, seller)
        _do(
            place,
            "shipping",
            SetShippingRate(seller_id=seller, method="standard", currency="BRL", base_amount=DELIVERY),
        )
    _do(place, "taxes", SetTaxRule(country="BR", basis_points=1_700, is_inclusive=True))
    coupon(place, COUPON)
    for number in range(BUYERS):
        _do(place, "accounts", RegisterUser(user_id=buyer(number), email=email(number), password=PASSWORD))


def offer(place: Runtime, name: str, pieces: int, seller: Id = SELLERS[0]) -> dict[str, Any]:
    """One more product; a line of a purchase of one piece."""
    product, unit = named_id("chaos", "product", seller, name), named_id("chaos", "unit", seller, name)
    variant = NewVariant(
        sku=f"C-{name}-1",
        amount=1_990 + len(name),
        currency="BRL",
        variant_id=unit,
        stock_unit_id=unit,
        weight_grams=300,
    )
    create = CreateProduct(
        product_id=product,
        seller_id=seller,
        sku=f"C-{name}",
        title=f"Chaos {name}",
        category="things",
        description="A thing to buy while everything breaks.",
        variants=(variant,),
    )
    _do(place, "products", create)
    _do(place, "products", PublishProduct(product_id=product))
    receipt = ReceiveStock(
        stock_unit_id=unit, quantity=pieces, reference_id="chaos", product_id=product, seller_id=seller
    )
    _do(place, "inventory", receipt)
    return {"product_id": product, "variant_id": unit, "quantity": 1}


def coupon(place: Runtime, code: str, basis_points: int = 1_000, max_uses: int = 0) -> None:
    _do(place, "promotions", CreateCoupon(code=code, basis_points=basis_points, max_uses=max_uses))


def lines(number: int) -> list[dict[str, Any]]:
    """A basket over both sellers, another for each number."""
    return [
        {
            "product_id": named_id("chaos", "product", seller, f"thing {(number + index) % PRODUCTS}"),
            "variant_id": named_id("chaos", "unit", seller, f"thing {(number + index) % PRODUCTS}"),
            "quantity": 1 + (number + index) % 3,
        }
        for index, seller in enumerate(SELLERS)
    ]


def buyer(number: int) -> Id:
    return named_id("chaos", "buyer", str(number))


def email(number: int) -> str:
    return f"buyer{number}@chaos.example"


def _do(place: Runtime, label: str, command: Command) -> None:
    place.outside(label).run(command, SYSTEM)
