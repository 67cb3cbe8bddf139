"""A shop over HTTP for tests: a seller with one product in stock, and as many buyers as are asked for."""

from __future__ import annotations

import json
from typing import Any

from argosy.contracts.accounts import RegisterUser
from argosy.contracts.inventory import TellStock
from argosy.platform.auth import tokens
from argosy.shared_kernel.ids import Id, named_id
from tests.front_door import FrontDoor
from tests.marketplace import Marketplace

PASSWORD = "correct horse battery"
ADDRESS = {"recipient": "Ana Lima", "street": "Rua 1", "city": "Porto", "postal_code": "4000-001", "country": "PT"}


class Answer:
    """What came back; `json` is its body."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.body: bytes = response.content

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.status} {self.body[:500]!r}"


class Shop:
    """`call` makes one request; `token` is whom it is made for."""

    def __init__(self, place: Marketplace) -> None:
        tokens().forget_all()
        self.place = place
        self.client = FrontDoor()
        self._people = 0
        self.seller = self.person()
        self.call("POST", "stores", {"store_name": "Loja"}, token=self.seller)
        self.product_id: Id = self.product("lamp", 2_500)
        self.variant_id = self.variant_of(self.product_id)
        assert (
            self.call(
                "POST",
                f"stock/{self.variant_id}/receipts",
                {"quantity": 50, "reference_id": "first"},
                token=self.seller,
            ).status
            == 201
        )
        assert (
            self.call(
                "POST",
                "shipping/rates",
                {"method": "standard", "currency": "EUR", "base_amount": 499},
                token=self.seller,
            ).status
            == 201
        )
        self.buyer = self.person()
        self.drain()

    def call(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Answer:
        """`body` is sent as JSON, or as it is where it is bytes. Header names come with underscores."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return Answer(
            self.client.generic(method, f"/api/v1/{path}", raw, content_type="application/json", headers=sent)
        )

    def person(self, email: str = "") -> str:
        """A new person's token."""
        self._people += 1
        credentials = {"email": email or f"person{self._people}@example.com", "password": PASSWORD}
        assert self.call("POST", "users", credentials).status == 201
        return str(self.call("POST", "sessions", credentials).json["token"])

    def staff(self) -> str:
        """The token of somebody on our staff."""
        credentials = {"email": "staff@example.com", "password": PASSWORD}
        self.place.do("accounts", RegisterUser(**credentials, roles=("buyer", "staff")))
        return str(self.call("POST", "sessions", credentials).json["token"])

    def product(self, sku: str, amount: int, *, token: str = "", is_published: bool = True) -> Id:
        token = token or self.seller
        made = self.call(
            "POST",
            "products",
            {
                "sku": sku,
                "title": sku.title(),
                "category": "home",
                "variants": [{"sku": sku, "amount": amount, "currency": "EUR", "weight_grams": 100}],
            },
            token=token,
        )
        assert made.status == 201, made
        if is_published:
            assert self.call("POST", f"products/{made.json['id']}/publish", token=token).status == 204
        self.drain()
        return Id(made.json["id"])

    def variant_of(self, product_id: str) -> Id:
        return Id(
            str(self.place.rows("products", "SELECT id FROM product_variants WHERE product_id = ?", product_id)[0][0])
        )

    def drain(self) -> None:
        self.place.drain()

    def tell_stock(self) -> None:
        """What inventory's schedule does every fifteen seconds: whoever shows stock learns how it stands."""
        self.place.do("inventory", TellStock())
        self.drain()

    def purchase(self, request_id: str = "one", **changes: Any) -> dict[str, Any]:
        """A checkout's body: one lamp to Porto, or as `changes` say."""
        return {
            "lines": [{"product_id": self.product_id, "variant_id": self.variant_id, "quantity": 1}],
            "address": ADDRESS,
            "client_request_id": request_id,
            **changes,
        }

    def line(self, **changes: Any) -> dict[str, Any]:
        return {"product_id": self.product_id, "variant_id": self.variant_id, "quantity": 1, **changes}

    def bought(self, request_id: str = "one", *, token: str = "", **changes: Any) -> dict[str, Any]:
        """How a checkout ended."""
        token = token or self.buyer
        started = self.call("POST", "checkouts", self.purchase(request_id, **changes), token=token)
        assert started.status == 202, started
        self.drain()
        ended: dict[str, Any] = self.call("GET", f"checkouts/{started.json['checkout_id']}", token=token).json
        return ended

    def written(self) -> list[tuple[Any, ...]]:
        """How much every log holds: equal before and after a request that changed nothing."""
        return [
            (label, self.place.rows(label, f"SELECT count(*) FROM {store.log.table}")[0][0])
            for label, store in self.place.runtime.stores.items()
        ]


def assert_problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The one form of every refusal."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json", answer
    problem: dict[str, Any] = answer.json
    assert problem["code"] == code, answer
    assert problem["status"] == status
    assert problem["type"] == f"urn:argosy:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    return problem


def nobodys(name: str) -> Id:
    """An id that nothing has."""
    return named_id("nobody's", name)
