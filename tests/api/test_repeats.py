"""Every operation that takes an Idempotency-Key is done once per key, however it is sent: ten times at once, and again
after an attempt that was abandoned before or after its effect. Generated from the table of operations: one that makes
something and takes no key is to say why, and one that takes a key is to say what is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from argosy.contracts.products_transfers import BeginImportTry
from argosy.domains.accounts.adapters.inbound import sign_in_limits
from argosy.domains.products.domain.transfer import TRIES_MAX
from argosy.platform.limits import Limit
from argosy.platform.rest import Endpoint
from tests.api.repeated import Crowd, Kept, Numbers, Request, abandon, as_json, is_repeat, said
from tests.api.scene import BODIES, Scene, table
from tests.api.shop import ADDRESS, PASSWORD, Answer
from tests.api.strangers import provider, scene
from tests.api.test_audit import MAKING
from tests.api.test_counts import HEADER
from tests.api.test_pictures import encoded
from tests.api.test_references import BODIES as NAMING
from tests.front_door import FrontDoor

__all__ = ["provider", "scene"]

WITHOUT_A_KEY = {
    "SignIn": "its answer holds a token",
    "SignInByIdentity": "its answer holds a token",
    "SignInByPasskey": "its answer holds a token",
    "ActForStore": "its answer holds a token",
    "BeginGuestCart": "its answer holds a token",
    "CreateApiKey": "its answer holds a secret",
    "RegisterWebhook": "its answer holds a secret",
    "IssueGiftCards": "its answer holds the codes",
    "AskVerification": "a later letter takes the place of the one before",
    "AskPasswordReset": "a later letter takes the place of the one before",
    "ChangeEmail": "a later letter takes the place of the one before",
    "InviteMember": "a later letter takes the place of the one before",
    "LinkIdentity": "what a provider has said is used once",
    "AddPasskey": "a challenge is answered once",
}
"""What a stored answer must not hold, or what counts once by itself."""

BEFORE = (
    "request.key_is_new",
    "request.decided",
    "commit.before_begin",
    "commit.begun",
    "commit.between_statements",
    "commit.before_commit",
)
AFTER = ("commit.done", "request.committed", "request.before_answer")

NEW = {"email": "new@example.com", "password": PASSWORD}
PRODUCT = {"sku": "rug", "title": "Rug", "category": "home", "variants": []}
SENT: dict[str, Any] = {
    **BODIES,
    **MAKING,
    "RegisterUser": NEW,
    "OpenStore": {"store_name": "Nova"},
    "AddAddress": ADDRESS,
    "ApplyCoupon": {"code": "SPRING"},
    "ChooseCurrency": {"currency": "USD"},
    "DisableCoupons": {"codes": ["SPRING"]},
    "ExportProducts": {"format": "csv"},
    "CreateProduct": PRODUCT,
    "SetBuyerTaxes": {"vat_id": ""},
    "SetDeliveryPolicy": {"handling_days": 2},
    "SetStockRules": {"safety_stock": 3},
    "StartHoliday": {},
    "FetchImage": {"url": "https://pictures.example/another.jpg"},
    "AssignBuyerGroups": {"groups": ["trade"]},
}
FILES: dict[str, tuple[str, bytes]] = {
    "ImportProducts": ("application/jsonl", as_json(PRODUCT | {"sku": "of-a-file"})),
    "SendCount": ("text/csv", f"{HEADER}\nmain,lamp,40".encode()),
    "AddImage": ("image/jpeg", encoded()),
    "SetStoreLogo": ("image/jpeg", encoded()),
    "SetStoreBanner": ("image/jpeg", encoded()),
}


class Prepared(NamedTuple):
    """What an operation is asked of, where the scene has nothing that fits."""

    ids: dict[str, str] = {}
    body: Any = None
    token: str = ""


def prepared(scene: Scene) -> dict[str, Prepared]:
    """By operation."""
    shop = scene.shop
    found = {**_of_accounts(scene), **_of_goods(scene), **_of_purchases(scene), **_of_carts(scene)}
    shop.drain()
    return found


def _of_accounts(scene: Scene) -> dict[str, Prepared]:
    made, shop = scene.made, scene.shop
    sellers: dict[str, dict[str, str]] = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, approves in (("waiting", "yes"), ("suspended", "no")):
            patch.setenv("ARGOSY_APPROVE_SELLERS", approves)
            opened = made("POST", "stores", {"store_name": name}, token=shop.person(f"{name}@example.com"))
            sellers[name] = {"seller_id": opened["id"]}
    path = f"sellers/{sellers['suspended']['seller_id']}/suspend"
    made("POST", path, {"reason": "a reason"}, token=scene.boss)
    blocked = made("GET", "users/me", token=shop.person("blocked@example.com"))["user_id"]
    made("POST", f"users/{blocked}/block", {"reason": "a reason"}, token=scene.boss)
    return {
        "OpenStore": Prepared(token=shop.person("opens@example.com")),
        "ApproveSeller": Prepared(sellers["waiting"]),
        "RejectSeller": Prepared(sellers["waiting"]),
        "ReinstateSeller": Prepared(sellers["suspended"]),
        "UnblockUser": Prepared({"user_id": blocked}),
        "AssignWebhook": Prepared(body={"payment_id": scene.theirs["payment_id"], "reason": "it is in their list"}),
    }


def _of_goods(scene: Scene) -> dict[str, Prepared]:
    made, shop, theirs = scene.made, scene.shop, scene.theirs
    draft = scene.draft_of_theirs()
    shirt = made("POST", "products", PRODUCT | {"sku": "shirt"}, token=shop.seller)["id"]
    axes = [{"name": "size", "values": ["S", "M"]}]
    made("PUT", f"products/{shirt}/options", {"axes": axes}, token=shop.seller)
    variant = {"sku": "s", "amount": 1, "currency": "EUR", "attributes": [{"name": "size", "value": "S"}]}
    price = {name: theirs[name] for name in ("product_id", "variant_id")} | {"amount": 1, "currency": "EUR"}
    unit = {"stock_unit_id": theirs["stock_unit_id"]}
    change = {**unit, "change": 1, "reason": "found", "reference_id": "once"}
    ends_at = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    return {
        "PublishProduct": Prepared(draft),
        "ResumeImport": Prepared(_parked(scene)),
        "ArrangeImages": Prepared(draft, {"image_ids": [draft["image_id"]]}),
        "LinkStock": Prepared(draft, {"stock_unit_id": theirs["stock_unit_id"]}),
        "AddVariant": Prepared({"product_id": shirt}, {"variant": variant}),
        "SetOptions": Prepared({"product_id": shirt}, {"axes": [*axes, {"name": "cut", "values": ["slim"]}]}),
        "CombineOptions": Prepared({"product_id": shirt}),
        "SimulatePromotion": Prepared(body=NAMING["SimulatePromotion"](scene, theirs)),
        "SetPrices": Prepared(body={"items": [price]}),
        "SetSale": Prepared(body={"amount": 2_000, "currency": "EUR", "ends_at": ends_at}),
        "AdjustStocks": Prepared(body={"items": [change]}),
        "ReconcileStock": Prepared(
            {"warehouse": "main"}, {"reference_id": "once", "counts": [{**unit, "counted": 40}]}
        ),
    }


def _parked(scene: Scene) -> dict[str, str]:
    """An import of which each try has stopped its process."""
    shop = scene.shop
    headers = {"Authorization": f"Bearer {shop.seller}"}
    path, raw = "/api/v1/stores/mine/imports", as_json(PRODUCT | {"sku": "never-comes"})
    posted = Answer(shop.client.generic("POST", path, raw, content_type="application/jsonl", headers=headers))
    for _ in range(TRIES_MAX + 1):
        shop.place.do("products", BeginImportTry(import_id=posted.json["id"]))
    return {"import_id": posted.json["id"]}


def _of_carts(scene: Scene) -> dict[str, Prepared]:
    """Two lines of which one is saved for later, a coupon, and a guest's cart with something in it."""
    made, buyer = scene.made, scene.shop.buyer
    lamp = {name: scene.theirs[name] for name in ("product_id", "variant_id")}
    vase = {"product_id": scene.other_product, "variant_id": scene.other_variant}
    for line in (lamp, vase):
        made("POST", "carts/mine/lines", {**line, "quantity": 1}, token=buyer)
    made("POST", f"carts/mine/lines/{scene.other_variant}/save", token=buyer)
    made("POST", "carts/mine/coupons", {"code": "OTHER"}, token=buyer)
    made("POST", "carts/mine/lines", {**lamp, "quantity": 2}, token=scene.other_guest)
    return {
        "AddToCart": Prepared(body={**lamp, "quantity": 1}),
        "AddToWishlist": Prepared(body=vase),
        "MoveToCart": Prepared(vase),
        "ForgetSaved": Prepared(vase),
        "RemoveCoupon": Prepared({"code": "OTHER"}),
        "MergeGuestCart": Prepared(body={"guest_token": scene.other_guest}),
        "RequestQuote": Prepared(body={"country": "PT", "lines": [{**lamp, "quantity": 1}]}),
        "StartCheckout": Prepared(body=scene.shop.purchase("once")),
    }


def _of_purchases(scene: Scene) -> dict[str, Prepared]:
    """A purchase that waits for a transfer, and one that waits for another card."""
    shop = scene.shop
    unpaid = shop.bought("unpaid", payment_method="bank_transfer")
    declined = shop.bought("declined", payment_source="tok_decline", may_retry_payment=True)
    assert (unpaid["status"], declined["status"]) == ("COMPLETED", "RESERVED")
    (order_id,) = unpaid["order_ids"]
    money = {"amount": unpaid["total_amount"], "currency": unpaid["currency"], "reference": "STMT-7"}
    waiting = {"checkout_id": declined["checkout_id"]}
    return {
        "RecordMoney": Prepared({"order_id": order_id}, money),
        "ChangeDelivery": Prepared({"order_id": order_id}),
        "RetryPayment": Prepared(waiting, {"payment_source": "tok_approve"}),
        "AbortCheckout": Prepared(waiting),
        "RedeliverEvent": Prepared(_delivered(scene)),
    }


def _delivered(scene: Scene) -> dict[str, str]:
    """A delivery that has ended: nobody listens at the scene's address."""
    ended = "UPDATE webhook_deliveries SET status = 'DELIVERED', ended_at = created_at WHERE id = ?"
    scene.shop.place.rows("integrations", ended, scene.theirs["delivery_id"])
    return {}


def request_of(scene: Scene, label: str, endpoint: Endpoint, own: Prepared) -> Request:
    ids = scene.things_of(endpoint, scene.theirs) | own.ids
    kind, raw = FILES.get(endpoint.name, ("application/json", b""))
    if endpoint.name not in FILES:
        raw = as_json(SENT.get(endpoint.name) if own.body is None else own.body)
    token = "" if endpoint.allow.name == "public" else own.token or scene.owner_of(endpoint)
    return Request(label, endpoint.method, endpoint.path.format_map(ids), raw, token, kind)


def keyed() -> list[tuple[str, Endpoint]]:
    found = [(label, one) for label, one in table() if one.command is not None and one.takes_key]
    assert len(found) > 80
    return found


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd()
    yield crowd
    crowd.close()


def test_what_makes_something_takes_a_key_or_says_why_not() -> None:
    making = [one for _, one in table() if one.method == "POST" and one.status in (201, 202)]
    assert len(making) > 30
    assert {one.name for one in making if not one.takes_key} == set(WITHOUT_A_KEY)


@pytest.mark.slow
@pytest.mark.skipif("ARGOSY_POSTGRES" in os.environ, reason="puts files back as they were")
def test_a_key_is_good_for_one_effect_and_one_answer_however_it_is_sent(
    scene: Scene, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Attempts under one key that see nothing of each other are counted each.
    monkeypatch.setattr(sign_in_limits, "REGISTERED", Limit(burst=1_000, every=1))
    own, faults = prepared(scene), []
    for label, endpoint in keyed():
        request = request_of(scene, label, endpoint, own.get(endpoint.name, Prepared()))
        kept = Kept(scene.shop, label)
        prefix = scene.shop.place.runtime.stores[label].prefix
        tries = Tries(request, kept, prefix, endpoint.status)
        try:
            tries.alone(scene.other_seller)
            tries.at_once(crowd)
            tries.abandoned()
        except AssertionError as fault:
            faults.append(f"{endpoint.route}: {fault}")
        kept.put_back()
        kept.close()
    assert not faults, "\n\n".join(faults)


class Tries:
    """One operation, sent in every way from the same beginning; `effect` is what it does when it is sent once."""

    def __init__(self, request: Request, kept: Kept, prefix: str, status: int) -> None:
        self.request = request
        self.kept = kept
        self.prefix = prefix
        self.status = status
        self.before = kept.numbers()
        self.effect: Numbers = {}
        self.client = FrontDoor()

    def alone(self, other: str) -> None:
        """Sent again by the same, with another body, and by somebody else."""
        first = self.request.send(self.client)
        assert first.status in (self.status, 204) and not is_repeat(first), first
        self.effect = self.kept.numbers()
        assert self.kept.keys(self.prefix) == 1
        self._is_repeated(first)
        if self.request.token:
            changed = self.request.send(self.client, more=b" ")
            assert (changed.status, changed.json.get("code")) == (422, "idempotency_key_reused"), changed
        self._has_one_effect("sent again")
        assert not is_repeat(self.request.send(self.client, token=other))

    def at_once(self, crowd: Crowd) -> None:
        self.kept.put_back()
        answers = crowd.send(self.request)
        assert len({said(one) for one in answers}) == 1, set(map(str, answers))
        assert [is_repeat(one) for one in answers].count(False) == 1, "more than one did it"
        self._has_one_effect("at once")

    def abandoned(self) -> None:
        self.kept.put_back()
        for point in BEFORE:
            assert abandon(self.request, self.client, point), f"never came to {point}"
            assert self.kept.numbers() == self.before, f"died at {point} and left something"
        for point in AFTER:
            self.kept.put_back()
            assert abandon(self.request, self.client, point), f"never came to {point}"
            self._has_one_effect(point)
            answer = self.request.send(self.client)
            assert answer.status in (self.status, 204) and is_repeat(answer), (point, answer)
            self._has_one_effect(f"{point}, and sent again")

    def _is_repeated(self, first: Answer) -> None:
        again = self.request.send(self.client)
        assert said(again) == said(first) and is_repeat(again), (first, again)

    def _has_one_effect(self, when: str) -> None:
        now = self.kept.numbers()
        changed = {name: (self.effect[name] - now[name], now[name] - self.effect[name]) for name in now}
        assert now == self.effect, (when, {name: both for name, both in changed.items() if any(both)})
