"""Two stores, one purchase from both, and everybody who might ask for what is somebody else's: for suites that are
generated from the table of operations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps

from argosy.apps.api.endpoints import endpoints
from argosy.platform.rest import Endpoint
from argosy.shared_kernel.ids import Id
from tests.api.provider import Provider
from tests.api.puzzles import differ, puzzle
from tests.api.shop import ADDRESS, Answer, Shop, nobodys
from tests.api.test_accounts import letters
from tests.api.test_counts import uploaded
from tests.api.test_imports import imported
from tests.api.test_passkeys import added
from tests.api.test_pictures import encoded
from tests.api.test_pictures import send as send_picture
from tests.api.test_providers import identity, link

BEA = "bea@example.com"
FAR = "2999-01-01T00:00:00Z"

BODIES: dict[str, Any] = {
    "ChangeAddress": ADDRESS,
    "ChangeMemberRights": {"rights": ["orders:read"]},
    "UnlinkIdentity": {"password": "not this one"},
    "RemovePasskey": {"password": "not this one"},
    "UpdateProduct": {"title": "Other"},
    "AddVariant": {"variant": {"sku": "second", "amount": 1, "currency": "EUR", "weight_grams": 1}},
    "SetOptions": {"axes": [{"name": "size", "values": ["S", "M"]}]},
    "CombineOptions": {"amount": 100, "currency": "EUR"},
    "SetPrice": {"amount": 2_600, "currency": "EUR"},
    "SetSale": {"amount": 2_000, "currency": "EUR", "ends_at": FAR},
    "SetStory": {"html": "<p>Light.</p>"},
    "RenameStore": {"name": "Lamps & more"},
    "SetStoreSlug": {"slug": "lamps-and-more"},
    "SetStoreText": {"html": "<p>Light.</p>"},
    "ArrangeImages": {"image_ids": []},
    "SetVisibility": {"visibility": "unlisted"},
    "SetSlug": {"slug": "a-lamp"},
    "SetTexts": {"title": "Candeeiro"},
    "SetCollection": {"title": "All", "rule": {}},
    "MoveCategory": {},
    "NameCategory": {"name": "Jardim"},
    "FetchImage": {"url": "https://pictures.example/lamp.jpg"},
    "RenameCategory": {"name": "Other"},
    "SetCategoryAttributes": {"attributes": []},
    "ReceiveStock": {"quantity": 1, "reference_id": "again"},
    "AdjustStock": {"change": -1, "reason": "damaged", "reference_id": "again"},
    "SendTransfer": {"from_warehouse": "main", "to_warehouse": "porto", "quantity": 1, "reference_id": "again"},
    "ReceiveTransfer": {"quantity": 1},
    "ChangeWarehouse": {"name": "Other"},
    "ReconcileStock": {"reference_id": "again", "counts": []},
    "AcknowledgeNotice": {"seen": {"amount": 1, "currency": "EUR"}},
    "ChangeQuantity": {"quantity": 2},
    "MoveFromWishlist": {"quantity": 1},
    "AssignBuyerGroups": {"groups": []},
    "SetTaxZone": {"name": "Iberia", "places": [{"country": "PT"}]},
    "SetTaxThreshold": {"name": "Spain", "currency": "EUR", "sales": 100, "places": [{"country": "ES"}]},
    "SetSellerTaxes": {"country": "PT"},
    "GrantTaxExemption": {"country": "PT", "certificate": "C-2"},
    "EndTaxRule": {},
    "RetryPayment": {"payment_source": "tok"},
    "CancelOrder": {"reason": "changed my mind"},
    "RecordMoney": {"amount": 1, "currency": "EUR", "reference": "r"},
    "ChangeDelivery": {"phone": "+351 222 222 222"},
    "IssueCredit": {"amount": 1, "currency": "EUR", "reason": "a gift"},
    "ChangeWebhook": {"url": "https://erp.example/other"},
    "RejectSeller": {"reason": "a reason"},
    "SuspendSeller": {"reason": "a reason"},
    "BlockUser": {"reason": "a reason"},
    "CancelGiftCard": {"reason": "a reason"},
    "SettleDifference": {"borne_by": "platform", "reason": "a reason"},
    "AssignWebhook": {"payment_id": nobodys("payment"), "reason": "a reason"},
    "DismissWebhook": {"reason": "a reason"},
}
"""A body that fits, of each operation that asks for one and names what it is about in its path."""

NAMES = {
    "country": "ES",
    "provider": "nobody",
    "role": "seller",
    "locale": "fr",
    "code": "nosuchcode",
    "warehouse": "nosuchplace",
    "slug": "no-such-slug",
    "currency": "JPY",
    "part": "7",
}
"""What nothing is called, of parameters that are no ids."""


def table() -> list[tuple[str, Endpoint]]:
    """Every operation, with its context."""
    return [(label, endpoint) for label, declared in endpoints().items() for endpoint in declared]


def rows_of_all(shop: Shop) -> dict[str, int]:
    """How many rows each table of each database has."""
    counted = {}
    for model in apps.get_models(include_auto_created=True):
        for label, context in shop.place.runtime.contexts.items():
            if context.label == model._meta.app_label:
                table_name = model._meta.db_table
                counted[table_name] = shop.place.rows(label, f"SELECT count(*) FROM {table_name}")[0][0]
    return counted


class Scene:
    """`theirs` are, by the names of paths' parameters, things of one buyer and one seller; `guests`, of a guest."""

    def __init__(self, shop: Shop, mailbox: Path, provider: Provider) -> None:
        self.shop = shop
        self.mailbox = mailbox
        self.boss = shop.staff()
        self.other_buyer = shop.person("other-buyer@example.com")
        self.other_seller = shop.person("other-seller@example.com")
        self.made("POST", "stores", {"store_name": "Outra"}, token=self.other_seller)
        self.other_product = shop.product("vase", 900, token=self.other_seller)
        self.other_variant = shop.variant_of(self.other_product)
        path = f"stock/{self.other_variant}/receipts"
        self.made("POST", path, {"quantity": 50, "reference_id": "first"}, token=self.other_seller)
        rate = {"method": "standard", "currency": "EUR", "base_amount": 100}
        self.made("POST", "shipping/rates", rate, token=self.other_seller)
        self.guest, self.other_guest = (self.made("POST", "carts/guest")["token"] for _ in range(2))
        self.seller_id = self.made("GET", "stores/mine", token=shop.seller)["seller_id"]
        shop.drain()
        self.theirs = {
            **self._of_the_platform(),
            **self._of_the_buyer(provider),
            **self._of_the_seller(),
            **self._of_both(),
        }
        self.guests = self._of_a_guest()
        self.others = self._of_the_other_seller()
        self.nobodys = {name: NAMES.get(name) or nobodys(name) for name in self.theirs}
        shop.drain()

    def made(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        answer = self.shop.call(method, path, body, token=token)
        assert answer.status in (200, 201, 202, 204), (path, answer)
        return answer.json if answer.body else {}

    def strangers(self, endpoint: Endpoint) -> dict[str, str]:
        """Everybody who might ask for what is not theirs, but those whose task is all of it."""
        strangers = {
            "nobody": "",
            "another buyer": self.other_buyer,
            "another seller": self.other_seller,
            "another guest": self.other_guest,
            "a member without the right": self.member,
            "a key without the scope": self.key,
            "staff": self.boss,
        }
        if endpoint.allow.name in ("staff", "merchant") or endpoint.name in FOR_STAFF_TOO:
            del strangers["staff"]
        return strangers

    def owner_of(self, endpoint: Endpoint) -> str:
        """Who may ask for what is `theirs`."""
        if "memberships" in endpoint.path:
            return self.bea
        by_permission = {"seller": self.shop.seller, "merchant": self.shop.seller, "staff": self.boss}
        return by_permission.get(endpoint.allow.name, self.shop.buyer)

    def things_of(self, endpoint: Endpoint, things: dict[str, str]) -> dict[str, str]:
        """What its path names, of these; codes and webhooks are of many kinds."""
        return {name: self._of_its_kind(endpoint, name, things[name]) for name in endpoint.path_names}

    def _of_its_kind(self, endpoint: Endpoint, name: str, thing: str) -> str:
        if thing == self.nobodys[name]:
            return thing
        if name == "code":
            return self.codes.get(endpoint.path.partition("{code}")[0], thing)
        return self.rung.get(endpoint.name, thing) if name == "webhook_id" else thing

    def ask(self, endpoint: Endpoint, ids: dict[str, str], token: str) -> Answer:
        body = BODIES.get(endpoint.name, {}) if endpoint.command is not None else None
        if endpoint.name == "LinkStock":
            body = {"stock_unit_id": ids["variant_id"]}
        if endpoint.name == "AssignWebhook":
            body = {**body, "payment_id": self.theirs["payment_id"]}
        return self.shop.call(endpoint.method, endpoint.path.format_map(ids), body, token=token)

    def _of_the_platform(self) -> dict[str, str]:
        self.made("POST", "categories", {"code": "garden", "name": "Garden"}, token=self.boss)
        zone = {"name": "Iberia", "places": [{"country": "ES"}]}
        self.made("PUT", "taxes/zones/IBERIA", zone, token=self.boss)
        threshold = {"name": "Spain", "currency": "EUR", "sales": 100, "zones": ["IBERIA"]}
        self.made("PUT", "taxes/thresholds/SPAIN", threshold, token=self.boss)
        self.codes = {"categories/": "garden", "taxes/zones/": "IBERIA", "coupons/": "SPRING"}
        self.codes["taxes/thresholds/"] = "SPAIN"
        self.codes["stores/mine/collections/"] = "table"
        rule = {"country": "PT", "basis_points": 2_300, "is_inclusive": True}
        gift = {"amount": 500, "currency": "EUR", "reason": "spring"}
        return {
            "country": "PT",
            "provider": "corp",
            "role": "buyer",
            "locale": "pt",
            "rule_id": self.made("POST", "taxes/rules", rule, token=self.boss)["id"],
            "gift_card_id": self.made("POST", "gift-cards", gift, token=self.boss)["cards"][0]["gift_card_id"],
        }

    def _of_the_buyer(self, provider: Provider) -> dict[str, str]:
        buyer = self.shop.buyer
        user_id = self.made("GET", "users/me", token=buyer)["user_id"]
        assert link(self.shop, identity(self.shop, provider), buyer).status == 201
        added(self.shop, buyer)
        exemption = {"country": "FR", "certificate": "C-1"}
        path = f"taxes/buyers/{user_id}/exemptions"
        self.made("POST", "wishlists/mine/items", self._line(), token=buyer)
        return {
            "user_id": user_id,
            "buyer_id": user_id,
            "session_id": self.made("GET", "sessions", token=buyer)["items"][0]["session_id"],
            "address_id": self.made("POST", "addresses", ADDRESS, token=buyer)["id"],
            "identity_id": self.made("GET", "users/me/identities", token=buyer)["items"][0]["identity_id"],
            "passkey_id": self.made("GET", "users/me/passkeys", token=buyer)["items"][0]["passkey_id"],
            "exemption_id": self.made("POST", path, exemption, token=self.boss)["id"],
        }

    def _line(self) -> dict[str, str]:
        return {"product_id": self.shop.product_id, "variant_id": self.shop.variant_id}

    def _of_the_seller(self) -> dict[str, str]:
        shop, seller = self.shop, self.shop.seller
        warehouse = {"code": "porto", "name": "Porto", "country": "PT"}
        self.made("POST", "warehouses", warehouse, token=seller)
        sent = {"from_warehouse": "main", "to_warehouse": "porto", "quantity": 2, "reference_id": "lorry"}
        coupon = {"code": "SPRING", "basis_points": 1_000}
        self.made("POST", "coupons", coupon, token=seller)
        self.made("PUT", f"taxes/sellers/{self.seller_id}", {"country": "PT"}, token=seller)
        spring = {"name": "Spring", "count": 2, "basis_points": 1_000}
        terms = {"effect": "percentage", "basis_points": 100}
        promotion = {"name": "Deal", "terms": terms, "ends_at": FAR}
        collection = self.made("PUT", "stores/mine/collections/table", {"title": "Table", "rule": {}}, token=seller)
        webhook = self.made("POST", "webhooks", {"url": "https://erp.example/"}, token=seller)["webhook_id"]
        for step in ("unpublish", "publish"):
            self.made("POST", f"products/{shop.product_id}/{step}", token=seller)
        shop.drain()
        path = f"webhooks/{webhook}/deliveries"
        transfers = self._of_files()
        key = self.made("POST", "api-keys", {"name": "robot", "scopes": ["events:read"]}, token=seller)
        self.key = key["key"]
        return {
            **self._of_the_team(),
            **self._line(),
            **transfers,
            "stock_unit_id": shop.variant_id,
            "slug": "lamp",
            "seller_id": self.seller_id,
            "transfer_id": self.made("POST", f"stock/{shop.variant_id}/transfers", sent, token=seller)["id"],
            "warehouse": "porto",
            "code": "porto",
            "campaign_id": self.made("POST", "coupon-campaigns", spring, token=seller)["id"],
            "promotion_id": self.made("POST", "promotions", promotion, token=seller)["id"],
            "collection_id": collection["id"],
            "rate_id": self.made("GET", "shipping/rates", token=seller)["items"][0]["rate_id"],
            "key_id": key["key_id"],
            "webhook_id": webhook,
            "delivery_id": self.made("GET", path, token=seller)["items"][0]["delivery_id"],
        }

    def _of_the_other_seller(self) -> dict[str, str]:
        """By the names of paths' parameters."""
        webhook = self.made("POST", "webhooks", {"url": "https://erp.example/"}, token=self.other_seller)
        return {
            "product_id": self.other_product,
            "variant_id": self.other_variant,
            "webhook_id": webhook["webhook_id"],
        }

    def draft_of_theirs(self) -> dict[str, str]:
        """What is not on sale, with a picture, and a coupon and a quote beside it."""
        product = self.shop.product("draft", 700, is_published=False)
        variant = self.shop.variant_of(product)
        return {
            "product_id": product,
            "variant_id": variant,
            "stock_unit_id": variant,
            "image_id": send_picture(self.shop, encoded(), product_id=product).json["id"],
            "seller_id": self.theirs["seller_id"],
            "quote_id": self.theirs["quote_id"],
            "code": "SPRING",
        }

    def _of_files(self) -> dict[str, str]:
        """What goes in and out as files; a price in another currency beside it."""
        shop, seller = self.shop, self.shop.seller
        path = f"products/{shop.product_id}"
        price = {"amount": 2_900, "currency": "USD"}
        self.made("POST", f"{path}/variants/{shop.variant_id}/prices", price, token=seller)
        count = uploaded(shop, "main,lamp,48")
        assert count.status_code == 202, count.content
        export = self.made("POST", "stores/mine/exports", {"format": "csv"}, token=seller)["id"]
        told = imported(shop, b'{"sku": "draft-of-a-file", "title": "Draft", "category": "home", "variants": []}')
        return {
            "currency": "USD",
            "part": self.made("GET", f"stores/mine/exports/{export}", token=seller)["files"][0].rpartition("/")[2],
            "fetch_id": self.made("POST", f"{path}/image-fetches", BODIES["FetchImage"], token=seller)["id"],
            "import_id": told["import_id"],
            "export_id": export,
            "count_id": count.json()["id"],
        }

    def _of_the_team(self) -> dict[str, str]:
        shop = self.shop
        self.bea = shop.person(BEA)
        invitation = {"email": BEA, "rights": ["events:read"]}
        self.made("POST", "stores/mine/team/invitations", invitation, token=shop.seller)
        wanted = (BEA, "An invitation to work on a store")
        proof = next(token for to, about, token in letters(shop, self.mailbox) if (to, about) == wanted)
        member = self.made("POST", "team-invitations/accept", {"token": proof}, token=self.bea)["member_id"]
        self.member = self.made("POST", f"users/me/memberships/{member}/sessions", token=self.bea)["token"]
        invitation["email"] = "carla@example.com"
        self.made("POST", "stores/mine/team/invitations", invitation, token=shop.seller)
        waiting = self.made("GET", "stores/mine/team/invitations", token=shop.seller)["items"]
        return {"member_id": member, "invitation_id": waiting[0]["invitation_id"]}

    def _of_both(self) -> dict[str, str]:
        """A purchase in which each seller has a line of their own; `order_id` is the first seller's."""
        shop = self.shop
        lines = [
            {**self._line(), "quantity": 1},
            {"product_id": self.other_product, "variant_id": self.other_variant, "quantity": 1},
        ]
        shop.call("POST", "carts/mine/lines", lines[0], token=shop.buyer)
        quote = self.made("POST", "quotes", {"country": "PT", "lines": lines}, token=shop.buyer)["quote_id"]
        ended = shop.bought(lines=lines)
        assert (ended["status"], len(ended["order_ids"])) == ("COMPLETED", 2), ended
        sold = self.made("GET", "stores/mine/orders", token=shop.seller)["items"]
        return {
            "quote_id": quote,
            "checkout_id": ended["checkout_id"],
            "purchase_id": ended["purchase_id"],
            "order_id": sold[0]["order_id"],
            **self._of_their_payment(),
        }

    def _of_their_payment(self) -> dict[str, str]:
        """Paid back at the gateway's own counter; two webhooks that nobody can explain are there beside it."""
        place = self.shop.place
        [(payment_id,)] = place.rows("payments", "SELECT id FROM payment_intents")
        differ(self.shop, Id(str(payment_id)), 100)
        [(difference_id,)] = place.rows("payments", "SELECT id FROM gateway_differences")
        assigned, dismissed = puzzle(self.shop, "first", "second")
        self.rung = {"AssignWebhook": assigned, "DismissWebhook": dismissed}
        return {"payment_id": str(payment_id), "difference_id": str(difference_id)}

    def _of_a_guest(self) -> dict[str, str]:
        lines = [{**self._line(), "quantity": 1}]
        quote = self.made("POST", "quotes", {"country": "PT", "lines": lines}, token=self.guest)["quote_id"]
        ended = self.shop.bought("by-a-guest", token=self.guest, email="guest@example.com")
        assert ended["status"] == "COMPLETED", ended
        return {
            "quote_id": quote,
            "checkout_id": ended["checkout_id"],
            "purchase_id": ended["purchase_id"],
            "order_id": ended["order_ids"][0],
        }


FOR_STAFF_TOO = {"CancelOrder", "ChangeDelivery", "ExplainOrder", "OrderPayments", "RefundEligibility"}
"""Operations of buyers and sellers in which staff stand in for both."""
