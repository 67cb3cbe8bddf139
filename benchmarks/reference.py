"""The reference basket: two lines of two sellers, one coupon, an address and shipping."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from argosy.contracts.checkout import CheckoutLine, StartCheckout
from argosy.contracts.inventory import ReceiveStock
from argosy.contracts.orders import Address
from argosy.contracts.products import Attribute, CreateProduct, NewVariant, PublishProduct
from argosy.contracts.promotions import CreateCoupon
from argosy.contracts.shipping import SetShippingRate
from argosy.contracts.taxes import SetTaxRule
from argosy.engine.batch import Delivery, run
from argosy.engine.work import SYSTEM, Cause, UnitOfWork
from argosy.platform.runtime import Runtime
from argosy.shared_kernel.ids import Id, IdSource, named_id
from argosy.shared_kernel.messages import Command

PRODUCTS_PER_SELLER = 100
SELLERS = (named_id("bench", "seller", "one"), named_id("bench", "seller", "two"))
COUPON = "BENCH10"
ADDRESS = Address(
    recipient="Ana Souza",
    street="Rua das Flores 12",
    city="São Paulo",
    postal_code="01000-000",
    country="BR",
    region="SP",
)


def send(runtime: Runtime, label: str, commands: list[Command], batch: int = 250) -> None:
    """Commands through a context's use cases, a few hundred to a commit."""
    participant, store = runtime.contexts[label].participant, runtime.stores[label]
    for first in range(0, len(commands), batch):
        work = UnitOfWork(store, runtime.clock.now())
        deliveries = []
        for command in commands[first : first + batch]:
            request = runtime.ids.new()
            deliveries.append(Delivery(message=command, cause=Cause(request, request, runtime.ids)))
        work.actor = SYSTEM
        run(participant, work, deliveries)
        for delivery in deliveries:
            if delivery.error or delivery.refusal:
                raise delivery.error or delivery.refusal  # type: ignore[misc]
        work.commit()


def product_id(seller: Id, number: int) -> Id:
    return named_id("bench", "product", seller, str(number))


def variant_id(seller: Id, number: int) -> Id:
    return named_id("bench", "variant", seller, str(number))


def seed(runtime: Runtime, stock: int = 10_000_000) -> None:
    """Everything that the basket needs, once."""
    products: list[Command] = []
    publications: list[Command] = []
    receipts: list[Command] = []
    for seller in SELLERS:
        for number in range(PRODUCTS_PER_SELLER):
            unit = variant_id(seller, number)
            products.append(
                CreateProduct(
                    product_id=product_id(seller, number),
                    seller_id=seller,
                    sku=f"B-{number}",
                    title=f"Thing {number}",
                    category="things",
                    description="A thing to buy.",
                    variants=(
                        NewVariant(
                            sku=f"B-{number}-1",
                            amount=1_990 + number,
                            currency="BRL",
                            variant_id=unit,
                            stock_unit_id=unit,
                            weight_grams=300,
                            attributes=(Attribute(name="colour", value="blue"),),
                        ),
                    ),
                )
            )
            publications.append(PublishProduct(product_id=product_id(seller, number)))
            receipts.append(
                ReceiveStock(
                    stock_unit_id=unit,
                    quantity=stock,
                    reference_id="bench",
                    product_id=product_id(seller, number),
                    seller_id=seller,
                )
            )
    send(runtime, "products", products)
    send(runtime, "products", publications)
    send(runtime, "inventory", receipts)
    send(
        runtime,
        "shipping",
        [
            SetShippingRate(seller_id=seller, method="standard", currency="BRL", base_amount=700, item_amount=150)
            for seller in SELLERS
        ],
    )
    send(runtime, "taxes", [SetTaxRule(country="BR", basis_points=1_700, is_inclusive=True)])
    send(runtime, "promotions", [CreateCoupon(code=COUPON, basis_points=1_000)])


def baskets(run_name: str, ids: IdSource) -> Iterator[StartCheckout]:
    """Endless different purchases of the reference basket."""
    for number in count():
        buyer = named_id("bench", "buyer", run_name, str(number))
        lines = tuple(
            CheckoutLine(
                product_id=product_id(seller, (number * 7 + index) % PRODUCTS_PER_SELLER),
                variant_id=variant_id(seller, (number * 7 + index) % PRODUCTS_PER_SELLER),
                quantity=1 + index,
            )
            for index, seller in enumerate(SELLERS)
        )
        yield StartCheckout(
            checkout_id=ids.new(),
            buyer_id=buyer,
            cart_id=named_id("cart", buyer),
            lines=lines,
            address=ADDRESS,
            client_request_id=f"{run_name}-{number}",
            coupons=(COUPON,),
        )


def several(runtime: Runtime, many: int) -> list[Id]:
    """So many more products of the two sellers, in a hundred categories, each with a description and two variants."""
    products = [named_id("bench", "several", str(number)) for number in range(many)]
    made: list[Command] = []
    for number, product in enumerate(products):
        variants = tuple(
            NewVariant(
                sku=f"M-{number}-{colour}",
                amount=990 + number % 5_000,
                currency="BRL",
                variant_id=unit_of(product, colour),
                stock_unit_id=unit_of(product, colour),
                weight_grams=250,
                attributes=(Attribute(name="colour", value=colour),),
            )
            for colour in ("blue", "red")
        )
        made.append(
            CreateProduct(
                product_id=product,
                seller_id=SELLERS[number % len(SELLERS)],
                sku=f"M-{number}",
                title=f"One of many things, number {number}",
                category=f"shelf-{number % 100}",
                description="A thing that many want, told of in as many words as sellers like to use. " * 8,
                variants=variants,
            )
        )
    send(runtime, "products", made)
    send(runtime, "products", [PublishProduct(product_id=product) for product in products])
    return products


def unit_of(product: Id, colour: str = "blue") -> Id:
    """What a variant of one of `several` is, and the stock unit that it draws on."""
    return named_id("bench", "several", product, colour)


def scarce(runtime: Runtime, name: str, stock: int) -> CheckoutLine:
    """One more product, of which there are few; a piece of it."""
    product, unit = named_id("bench", "scarce", name), named_id("bench", "scarce", name, "unit")
    send(
        runtime,
        "products",
        [
            CreateProduct(
                product_id=product,
                seller_id=SELLERS[0],
                sku=f"S-{name}",
                title=f"Scarce {name}",
                category="things",
                description="Everybody wants it.",
                variants=(
                    NewVariant(
                        sku=f"S-{name}-1",
                        amount=9_900,
                        currency="BRL",
                        variant_id=unit,
                        stock_unit_id=unit,
                        weight_grams=300,
                    ),
                ),
            )
        ],
    )
    send(runtime, "products", [PublishProduct(product_id=product)])
    send(
        runtime,
        "inventory",
        [
            ReceiveStock(
                stock_unit_id=unit, quantity=stock, reference_id="bench", product_id=product, seller_id=SELLERS[0]
            )
        ],
    )
    return CheckoutLine(product_id=product, variant_id=unit, quantity=1)
