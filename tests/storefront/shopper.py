"""A shop with two sellers, and people who visit it with nothing but forms and links."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from argosy.apps.storefront.pages import FORM
from argosy.apps.storefront.stores import forget_stores
from argosy.contracts.accounts import OpenStore, RegisterUser
from argosy.contracts.inventory import AdjustStock, ReceiveStock
from argosy.contracts.products import Attribute, CreateProduct, NewVariant, PublishProduct, SetPrice
from argosy.contracts.promotions import CreateCoupon
from argosy.contracts.shipping import SetShippingRate
from argosy.contracts.taxes import SetTaxRule
from argosy.platform.auth import tokens
from argosy.read_models.slots import forget_live_slots
from argosy.shared_kernel.ids import Id, named_id
from tests.marketplace import Marketplace

PASSWORD = "correct horse battery"
ADDRESS = {"recipient": "Ana Lima", "street": "Rua 1", "city": "Porto", "postal_code": "4000-001", "country": "PT"}
LAMP, SHEET = named_id("product", "lamp"), named_id("product", "sheet")

_REQUEST_ID = re.compile(r'name="client_request_id" value="([^"]+)"')
_LINES = re.compile(r'name="line" value="([^"]+)"')


def variant_of(product_id: str, number: int = 0) -> Id:
    return named_id("variant", product_id, str(number))


class Page:
    """What came back; `text` is as people read it."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.cookies = response.cookies
        self.html: str = response.content.decode()

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))

    def field(self, name: str) -> str:
        """What a hidden field of a form holds."""
        found = re.search(f'name="{name}" value="([^"]*)"', self.html)
        assert found is not None, self
        return unescape(found[1])

    def __repr__(self) -> str:
        return f"{self.status} {self.location} {self.text[:600]}"


class Shopper:
    """One browser without scripts."""

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(raise_request_exception=False)

    def get(self, path: str) -> Page:
        return Page(self.client.get(path))

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Page:
        body = urlencode(fields or {}, doseq=True)
        return Page(self.client.post(path, body, content_type=FORM, headers=headers))

    def register(self, email: str) -> Shopper:
        page = self.post("/register", {"email": email, "password": PASSWORD, "first_name": "Ana", "last_name": "Lima"})
        assert page.status == 303, page
        return self

    def add(self, product_id: str, quantity: Any = "1", number: int = 0) -> Page:
        return self.post(
            "/cart/lines", {"product": product_id, "variant": variant_of(product_id, number), "quantity": quantity}
        )

    def checkout_form(self, **changes: Any) -> dict[str, Any]:
        """The form as the page gives it, filled in."""
        page = self.get("/checkout")
        assert page.status == 200, page
        request_id = _REQUEST_ID.search(page.html)
        assert request_id is not None
        return {
            "client_request_id": request_id[1],
            "line": _LINES.findall(page.html),
            "payment": "tok_approve",
            **ADDRESS,
            **changes,
        }

    def buy(self, **changes: Any) -> str:
        """The address of the purchase's page."""
        page = self.post("/checkout", self.checkout_form(**changes))
        assert page.status == 303, page
        return page.location


class Shop:
    """Lamps of one seller and sheets of another."""

    def __init__(self, place: Marketplace) -> None:
        tokens().forget_all()
        forget_stores()
        forget_live_slots()
        self.place = place
        self.seller("Lamp & Linen", LAMP, "Brass lamp", 2_500)
        self.seller("Casa <Verde>", SHEET, "Linen sheet", 6_900, 8_900)
        place.do("shipping", SetShippingRate(method="standard", currency="EUR", base_amount=499))
        place.do("taxes", SetTaxRule(country="PT", basis_points=2_300, is_inclusive=True))
        place.do("promotions", CreateCoupon(code="TEN", basis_points=1_000))
        place.drain()

    def seller(self, store: str, product_id: Id, title: str, *amounts: int, currency: str = "EUR") -> Id:
        """A seller with one product in stock, in as many variants as there are amounts."""
        user_id, seller_id = named_id("user", store), named_id("seller", store)
        self.place.do(
            "accounts",
            RegisterUser(
                email=f"{seller_id}@example.com", password=PASSWORD, user_id=user_id, roles=("buyer", "seller")
            ),
        )
        self.place.do("accounts", OpenStore(store_name=store, seller_id=seller_id, user_id=user_id))
        self.product(seller_id, product_id, title, *amounts, currency=currency)
        return seller_id

    def product(self, seller_id: Id, product_id: Id, title: str, *amounts: int, **options: Any) -> None:
        currency, pieces = options.pop("currency", "EUR"), options.pop("pieces", 50)
        self.place.do(
            "products",
            CreateProduct(
                sku=f"sku-{product_id[:13]}",
                title=title,
                category=options.pop("category", "home"),
                product_id=product_id,
                seller_id=seller_id,
                **options,
                variants=tuple(
                    NewVariant(
                        sku=f"sku-{product_id[:13]}-{number}",
                        amount=amount,
                        currency=currency,
                        weight_grams=100,
                        attributes=(Attribute(name="size", value=f"size {number}"),),
                        variant_id=variant_of(product_id, number),
                    )
                    for number, amount in enumerate(amounts)
                ),
            ),
        )
        self.place.do("products", PublishProduct(product_id=product_id))
        for number in range(len(amounts) if pieces else 0):
            self.place.do(
                "inventory",
                ReceiveStock(
                    stock_unit_id=variant_of(product_id, number),
                    quantity=pieces,
                    reference_id="first",
                    product_id=product_id,
                    seller_id=seller_id,
                ),
            )
        self.place.drain()

    def price(self, product_id: Id, amount: int) -> None:
        """Another price of its first variant from now on."""
        self.place.do(
            "products",
            SetPrice(product_id=product_id, variant_id=variant_of(product_id), amount=amount, currency="EUR"),
        )
        self.place.drain()

    def leave(self, variant_id: str, pieces: int) -> None:
        """So many pieces are left."""
        [(on_hand,)] = self.place.rows(
            "inventory", "SELECT total_quantity FROM stock_items WHERE stock_unit_id = ?", variant_id
        )
        self.place.do(
            "inventory",
            AdjustStock(
                stock_unit_id=Id(variant_id),
                change=pieces - on_hand,
                reason="damaged",
                reference_id=f"leaves {pieces}",
            ),
        )
        self.place.drain()

    def buyer(self, email: str = "ana@example.com") -> Shopper:
        return Shopper().register(email)

    def written(self) -> list[Any]:
        """How much every log holds: equal before and after a request that changed nothing."""
        return [
            (label, self.place.rows(label, f"SELECT count(*) FROM {store.log.table}")[0][0])
            for label, store in self.place.runtime.stores.items()
        ]
