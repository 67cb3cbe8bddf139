"""What may be sent to start a checkout, and that nothing else gets in."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.checkout import CheckoutLine
from argosy.domains.checkout.domain.request import QUANTITY_MAX, read
from argosy.shared_kernel.errors import DomainError, Invalid
from tests.domains.checkout.fakes import ADDRESS, start
from tests.support import an_id


def line(quantity: int = 1, variant: str = "v1", method: str = "standard", product: str = "p1") -> CheckoutLine:
    return CheckoutLine(product_id=an_id(product), variant_id=an_id(variant), quantity=quantity, shipping_method=method)


def codes_of(**changed: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read(start(**changed))
    faults = refused.value.details.get("faults")
    return [fault["code"] for fault in faults] if faults else [refused.value.code]


def test_a_good_request_is_read_as_it_was_sent() -> None:
    command = start()
    request = read(command)
    assert (request.lines, request.address, request.coupons) == (command.lines, command.address, ("TEN",))


def test_lines_of_one_variant_are_added_up_where_the_first_stands() -> None:
    request = read(start(lines=(line(2), line(1, "v2"), line(3))))
    assert [(found.variant_id, found.quantity) for found in request.lines] == [(an_id("v1"), 5), (an_id("v2"), 1)]


def test_a_coupon_typed_twice_counts_once() -> None:
    assert read(start(coupons=("TEN", "FIVE", "TEN"))).coupons == ("TEN", "FIVE")


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"lines": ()}, ["lines_out_of_range"]),
    ({"lines": tuple(line(variant=f"v{n}") for n in range(201))}, ["lines_out_of_range"]),
    ({"lines": (line(0),)}, ["quantity_out_of_range"]),
    ({"lines": (line(-1),)}, ["quantity_out_of_range"]),
    ({"lines": (line(1000),)}, ["quantity_out_of_range"]),
    ({"lines": (line(True),)}, ["quantity_out_of_range"]),
    ({"lines": (line(2**63),)}, ["quantity_out_of_range"]),
    ({"lines": (line(1.5),)}, ["quantity_out_of_range"]),  # type: ignore[arg-type]
    ({"lines": (line(-1), line(2))}, ["quantity_out_of_range"]),
    ({"lines": (line(500), line(500))}, ["quantity_out_of_range"]),
    ({"lines": (line(1), line(1, method="express"))}, ["variant_delivered_two_ways"]),
    ({"lines": (line(method="by sea"),)}, ["not_a_code"]),
    ({"lines": (CheckoutLine(product_id="P", variant_id="v", quantity=1),)}, ["not_an_id", "not_an_id"]),
    ({"cart_id": "CART"}, ["not_an_id"]),
    ({"checkout_id": an_id("x").upper()}, ["not_an_id"]),
    ({"coupons": tuple(f"C{n}" for n in range(11))}, ["too_many_coupons"]),
    ({"coupons": ("", "A B", "X" * 41)}, ["not_a_code"] * 3),
    ({"client_request_id": ""}, ["client_request_id_unreadable"]),
    ({"client_request_id": "a b"}, ["client_request_id_unreadable"]),
    ({"client_request_id": "x" * 101}, ["client_request_id_unreadable"]),
    ({"payment_method": "barter"}, ["payment_method_unknown"]),
    ({"gateway": "../etc"}, ["not_a_code"]),
    ({"payment_source": ""}, ["payment_source_unreadable"]),
    ({"payment_source": "4242424242424242"}, ["payment_source_unreadable"]),
    ({"payment_source": "4242-4242-4242-4242"}, ["payment_source_unreadable"]),
    ({"expected_total": -1}, ["expected_total_out_of_range"]),
    ({"expected_total": 2**53}, ["expected_total_out_of_range"]),
    ({"expected_total": True}, ["expected_total_out_of_range"]),
    (
        {
            "address": msgspec.structs.replace(
                ADDRESS, country="in", city="", recipient=" ", street="a\nb", phone="9" * 31
            )
        },
        ["address_field_out_of_range"] * 4 + ["country_unreadable"],
    ),
    ({"lines": (), "gateway": "", "coupons": ("",)}, ["lines_out_of_range", "not_a_code", "not_a_code"]),
]


@pytest.mark.parametrize(("changed", "codes"), BAD)
def test_every_fault_is_told_at_once(changed: dict[str, Any], codes: list[str]) -> None:
    assert codes_of(**changed) == codes


def test_a_card_number_is_never_told_back() -> None:
    with pytest.raises(DomainError) as refused:
        read(start(payment_source="4242424242424242"))
    assert "4242" not in str(refused.value.details)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 700)), min_size=1, max_size=8))
def test_no_sent_quantity_slips_past_the_bounds(wanted: list[tuple[str, int]]) -> None:
    sums: dict[str, int] = {}
    for variant, quantity in wanted:
        sums[variant] = sums.get(variant, 0) + quantity
    is_good = all(quantity >= 1 for _, quantity in wanted) and max(sums.values()) <= QUANTITY_MAX
    try:
        request = read(start(lines=tuple(line(quantity, variant) for variant, quantity in wanted)))
    except Invalid:
        assert not is_good
    else:
        assert is_good
        assert {found.variant_id: found.quantity for found in request.lines} == {
            an_id(variant): quantity for variant, quantity in sums.items()
        }
