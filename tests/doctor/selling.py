"""A marketplace that has sold: approved, declined, with a coupon, undone after payment, and with answers lost."""

from __future__ import annotations

import time
from datetime import timedelta

from argosy.contracts.checkout import AbortCheckout, CheckoutLine, StartCheckout
from argosy.contracts.inventory import ReceiveStock, TellStock
from argosy.contracts.orders import Address
from argosy.contracts.payments import AuthorizePayment, CapturePayment, RefundPayment, SellerShare
from argosy.contracts.products import CreateProduct, NewVariant, PublishProduct
from argosy.contracts.promotions import CreateCoupon
from argosy.contracts.shipping import SetShippingRate
from argosy.contracts.taxes import SetTaxRule
from argosy.shared_kernel.ids import Id, named_id
from tests.marketplace import Marketplace

SELLERS = (named_id("doctor", "seller", "one"), named_id("doctor", "seller", "two"))
COUPON = "TENTH"
ADDRESS = Address(
    recipient="Ana Souza",
    street="Rua das Flores 12",
    city="São Paulo",
    postal_code="01000-000",
    country="BR",
    region="SP",
)


def product_id(seller: Id) -> Id:
    return named_id("doctor", "product", seller)


def variant_id(seller: Id) -> Id:
    return named_id("doctor", "variant", seller)


def checkout_id(name: str) -> Id:
    return named_id("doctor", "checkout", name)


def open_shop(place: Marketplace, stock: int = 100) -> None:
    """Two sellers with one product each, and a coupon that ten may use, each once."""
    for seller in SELLERS:
        unit = variant_id(seller)
        place.do(
            "products",
            CreateProduct(
                product_id=product_id(seller),
                seller_id=seller,
                sku="D-1",
                title="Thing",
                category="things",
                variants=(NewVariant(sku="D-1-1", amount=1_990, currency="BRL", variant_id=unit, stock_unit_id=unit),),
            ),
        )
        place.do("products", PublishProduct(product_id=product_id(seller)))
        place.do(
            "inventory",
            ReceiveStock(
                stock_unit_id=unit,
                quantity=stock,
                reference_id="first",
                seller_id=seller,
                product_id=product_id(seller),
            ),
        )
        place.do(
            "shipping",
            SetShippingRate(seller_id=seller, method="standard", currency="BRL", base_amount=700, item_amount=150),
        )
    place.do("taxes", SetTaxRule(country="BR", basis_points=1_700, is_inclusive=True))
    place.do("promotions", CreateCoupon(code=COUPON, basis_points=1_000, max_uses=10, max_uses_per_buyer=1))
    place.drain()


def start(
    place: Marketplace,
    name: str,
    *,
    source: str = "tok_approve",
    coupons: tuple[str, ...] = (),
    quantity: int = 2,
    gateway: str = "test",
) -> Id:
    """A basket of both sellers' goods, on its way."""
    buyer = named_id("doctor", "buyer", name)
    place.do(
        "checkout",
        StartCheckout(
            checkout_id=checkout_id(name),
            buyer_id=buyer,
            cart_id=named_id("cart", buyer),
            address=ADDRESS,
            client_request_id=name.replace(" ", "-").replace("'", ""),
            coupons=coupons,
            gateway=gateway,
            payment_source=source,
            lines=tuple(
                CheckoutLine(product_id=product_id(seller), variant_id=variant_id(seller), quantity=quantity)
                for seller in SELLERS
            ),
        ),
    )
    return checkout_id(name)


def sell(place: Marketplace) -> None:
    """Some of everything that happens to checkouts, all come to rest."""
    open_shop(place)
    start(place, "approved")
    start(place, "with a coupon", coupons=(COUPON,))
    start(place, "declined", source="tok_decline", coupons=(COUPON,))
    start(place, "declined late", source="tok_decline_capture")
    start(place, "answer lost", source="tok_timeout_after")
    start(place, "capture's answer lost", source="tok_timeout_capture")
    start(place, "lied to", source="tok_lie_amount")
    start(place, "too many", quantity=900)
    gone = start(place, "aborted")
    place.do("checkout", AbortCheckout(checkout_id=gone, buyer_id=named_id("doctor", "buyer", "aborted")))
    _until_at_rest(place)
    pay_back(place, "approved", 1_000)
    _until_at_rest(place)
    place.do("inventory", TellStock())
    place.drain()


def _until_at_rest(place: Marketplace) -> None:
    """Look-ups of lost answers are due a little later."""
    _until_nothing_is_left(
        place, "checkout", "SELECT 1 FROM checkout_sessions WHERE outcome NOT IN ('COMPLETED', 'COMPENSATED')"
    )
    _until_nothing_is_left(place, "payments", "SELECT 1 FROM refunds WHERE status NOT IN ('SUCCEEDED', 'FAILED')")
    _until_nothing_is_left(place, "payments", "SELECT 1 FROM payment_intents WHERE pending <> ''")


def _until_nothing_is_left(place: Marketplace, label: str, sql: str) -> None:
    place.drain()
    give_up = time.monotonic() + 20
    while place.rows(label, sql):
        assert time.monotonic() < give_up, f"{label} does not come to rest: {sql}"
        time.sleep(0.1)
        place.drain()


def payment_id(place: Marketplace, name: str) -> Id:
    [(id,)] = place.rows("checkout", "SELECT payment_id FROM checkout_sessions WHERE id = ?", checkout_id(name))
    return Id(str(id))


def pay_back(place: Marketplace, name: str, amount: int) -> None:
    """A part of a payment goes back, as a person in the office would have it."""
    refund_id = named_id("doctor", "refund", name)
    place.do(
        "payments",
        RefundPayment(
            flow_id=refund_id, payment_id=payment_id(place, name), reason="goodwill", refund_id=refund_id, amount=amount
        ),
    )
    place.drain()


def take_money_for_nothing(place: Marketplace) -> None:
    """A payment that nobody has an order for."""
    id = named_id("doctor", "stray")
    place.do(
        "payments",
        AuthorizePayment(
            flow_id=id,
            payment_id=id,
            purchase_id=id,
            buyer_id=id,
            amount=500,
            currency="BRL",
            gateway="test",
            source="tok_approve",
            expires_at=place.runtime.clock.now() + timedelta(minutes=5),
        ),
    )
    _until_at_rest(place)
    place.do(
        "payments",
        CapturePayment(
            flow_id=id,
            payment_id=id,
            shares=(
                SellerShare(
                    order_id=id,
                    seller_id=SELLERS[0],
                    goods_amount=500,
                    shipping_amount=0,
                    tax_amount=0,
                    subsidy_amount=0,
                ),
            ),
        ),
    )
    _until_at_rest(place)
