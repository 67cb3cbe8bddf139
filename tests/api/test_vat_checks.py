"""VAT ids that a register is asked for, taxes of the seller's place and taxes on taxes, over HTTP to the order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.shop import Shop, assert_problem
from tests.api.test_taxes import rule, seller_of, staff
from tests.domains.taxes.vies import ViesOnThisMachine

__all__ = ["staff"]
NUMBER = "PT501964843"


@pytest.fixture
def vies(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[ViesOnThisMachine]:
    """The register in use, as settings name it."""
    found = ViesOnThisMachine()
    monkeypatch.setenv("ARGOSY_VAT_REGISTER", "vies")
    monkeypatch.setenv("ARGOSY_VIES_URL", found.url)
    monkeypatch.setenv("ARGOSY_VIES_REQUESTER", "DE 136695976")
    monkeypatch.setenv("ARGOSY_OUTBOUND_PRIVATE", "127.0.0.0/8")
    context = shop.place.runtime.contexts["taxes"]
    context.__dict__.pop("register", None)
    shop.place.close()  # A worker knows its register from its beginning.
    yield found
    context.__dict__.pop("register", None)
    found.close()


def reverse_charge_in_portugal(shop: Shop, staff: str) -> None:
    assert shop.call("POST", "taxes/rules", rule(is_inclusive=False, basis_points=1_000), token=staff).status == 201
    assert shop.call("PUT", "taxes/terms", {"country": "PT", "reverse_charge": True}, token=staff).status == 200
    path = f"taxes/sellers/{seller_of(shop, shop.seller)}"
    assert shop.call("PUT", path, {"country": "ES"}, token=shop.seller).status == 200


def test_a_number_that_is_registered_is_kept_with_day_and_consultation_to_the_order(
    shop: Shop, staff: str, vies: ViesOnThisMachine
) -> None:
    reverse_charge_in_portugal(shop, staff)
    assert shop.call("PUT", "taxes/profile", {"vat_id": NUMBER}, token=shop.buyer).status == 204
    assert shop.call("GET", "taxes/profile", token=shop.buyer).json["vat_check"]["outcome"] == "pending"
    shop.drain()
    check = shop.call("GET", "taxes/profile", token=shop.buyer).json["vat_check"]
    assert (check["outcome"], check["register"], check["consultation"]) == ("valid", "vies", "WAPIAAAA00000001")
    ended = shop.bought()
    assert ended["total_amount"] == 2_999, "the buyer owes the tax"
    explained = shop.call("GET", f"orders/{ended['order_ids'][0]}/explain", token=shop.buyer).json
    day = check["checked_at"][:10]
    told = explained["lines"][0]["tax"]
    assert (told["reason"], told["vat_check"]) == ("reverse_charge", f"vies {day} WAPIAAAA00000001")
    log = shop.place.rows("taxes", "SELECT payload FROM taxes_outbox_events WHERE event_type = 'taxes.VatIdChecked'")
    assert len(log) == 1 and NUMBER not in str(log), "the number stays with taxes"


def test_while_the_register_is_away_a_checkout_goes_on_and_is_flagged(
    shop: Shop, staff: str, vies: ViesOnThisMachine
) -> None:
    vies.fault = "MS_UNAVAILABLE"
    reverse_charge_in_portugal(shop, staff)
    shop.call("PUT", "taxes/profile", {"vat_id": NUMBER}, token=shop.buyer)
    shop.drain()
    ended = shop.bought()
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_999)
    explained = shop.call("GET", f"orders/{ended['order_ids'][0]}/explain", token=shop.buyer).json
    assert explained["lines"][0]["tax"]["vat_check"] == "form only"
    planned = shop.place.rows("taxes", "SELECT count(*) FROM taxes_due WHERE name = 'vat_check'")
    assert planned == [(1,)], "it is asked again later"


def test_a_number_that_nobody_has_is_taxed(shop: Shop, staff: str, vies: ViesOnThisMachine) -> None:
    vies.known.clear()
    reverse_charge_in_portugal(shop, staff)
    shop.call("PUT", "taxes/profile", {"vat_id": NUMBER}, token=shop.buyer)
    shop.drain()
    assert shop.call("GET", "taxes/profile", token=shop.buyer).json["vat_check"]["outcome"] == "invalid"
    assert shop.bought()["total_amount"] == 3_299


def test_without_the_setting_nobody_is_asked(shop: Shop, staff: str) -> None:
    reverse_charge_in_portugal(shop, staff)
    shop.call("PUT", "taxes/profile", {"vat_id": NUMBER}, token=shop.buyer)
    assert shop.place.rows("taxes", "SELECT count(*) FROM taxes_due WHERE name = 'vat_check'") == [(0,)]
    assert shop.call("GET", "taxes/profile", token=shop.buyer).json["vat_check"]["outcome"] == ""
    assert shop.bought()["total_amount"] == 2_999


def test_a_tax_on_a_tax_is_told_part_by_part_for_good(shop: Shop, staff: str) -> None:
    further = [{"name": "PROVINCE", "basis_points": 950, "is_compound": True}]
    made = rule(is_inclusive=False, basis_points=500, name="COUNTRY", further=further)
    id = shop.call("POST", "taxes/rules", made, token=staff).json["id"]
    assert shop.call("GET", f"taxes/rules/{id}", token=staff).json["rate"] == "14.975"
    ended = shop.bought()
    assert ended["total_amount"] == 2_999 + 374 + 75
    explained = shop.call("GET", f"orders/{ended['order_ids'][0]}/explain", token=shop.buyer).json
    told = explained["lines"][0]["tax"]
    assert [(one["name"], one["taxed_amount"], one["amount"]) for one in told["components"]] == [
        ("COUNTRY", 2_500, 125),
        ("PROVINCE", 2_625, 249),
    ]
    preview = {
        "country": "PT",
        "currency": "EUR",
        "lines": [{"line_no": 1, "seller_id": seller_of(shop, shop.seller), "category": "standard", "amount": 2_500}],
    }
    (line,) = shop.call("POST", "taxes/preview", preview, token=staff).json["lines"]
    assert line["explanation"] == (
        "14.975 % on top: standard in PT, COUNTRY 5 % on 2500 is 125, PROVINCE 9.5 % on 2625 is 249, "
        "rounded halves up per line."
    )
    bad = rule(name="", further=[{"name": "x", "basis_points": 15_000}])
    refused = shop.call("POST", "taxes/rules", bad, token=staff)
    codes = {fault["code"] for fault in assert_problem(refused, 422, "several")["faults"]}
    assert codes == {"further_taxes_not_readable", "rate_out_of_bounds"}


def test_a_seller_of_the_same_country_is_taxed_by_their_own_place(shop: Shop, staff: str) -> None:
    shop.call("POST", "taxes/rules", rule(is_inclusive=False, basis_points=1_000), token=staff)
    shop.call("POST", "taxes/rules", rule(region="MADEIRA", is_inclusive=False, basis_points=400), token=staff)
    assert shop.call("PUT", "taxes/terms", {"country": "PT", "origin": "country"}, token=staff).status == 200
    assert shop.bought("unknown")["total_amount"] == 3_299, "nobody knows where the seller is"
    path = f"taxes/sellers/{seller_of(shop, shop.seller)}"
    profile = {"country": "PT", "region": "Madeira", "postal_code": "9000-001"}
    assert shop.call("PUT", path, profile, token=shop.seller).status == 200
    assert shop.call("GET", path, token=shop.seller).json["region"] == "MADEIRA"
    ended = shop.bought("known")
    assert ended["total_amount"] == 2_999 + 100 + 20
    explained = shop.call("GET", f"orders/{ended['order_ids'][0]}/explain", token=shop.buyer).json
    assert explained["lines"][0]["tax"]["by_origin"] is True
    refused = shop.call("PUT", "taxes/terms", {"country": "PT", "origin": "planet"}, token=staff)
    assert_problem(refused, 422, "terms_not_readable")
