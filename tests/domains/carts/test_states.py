"""The README's table of moves is all that a cart ever does."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import argosy.domains.carts
from argosy.contracts.carts import ApplyCoupon, ChangeQuantity, EmptyCart, RemoveCoupon
from argosy.domains.carts.domain.cart import Cart
from argosy.shared_kernel.errors import DomainError
from tests.domains.carts.test_cart import BUYER, CART, add, carts_stage
from tests.support import an_id

README = Path(argosy.domains.carts.__file__).with_name("README.md")
FIRST = {"AddToCart": add("bear"), "ApplyCoupon": ApplyCoupon(code="TEN")}
OTHERS = (ChangeQuantity(variant_id=an_id("bear"), quantity=0), RemoveCoupon(code="TEN"), EmptyCart())


def written_moves() -> list[tuple[str, str, str]]:
    return re.findall(r"^\| +(\w*) *\| (\w+) \| (.+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_readme_knows_two_moves_and_names_who_makes_them() -> None:
    first, merger = [move for move in written_moves() if move[1].isupper()]
    assert first[:2] == ("", "ACTIVE")
    assert {name for name in FIRST if name in first[2]} == set(FIRST)
    assert merger[:2] == ("ACTIVE", "MERGED")
    assert "MergeGuestCart" in merger[2]


def test_each_first_command_makes_an_active_cart_and_nothing_moves_it_on() -> None:
    for first in FIRST.values():
        stage = carts_stage()
        stage.send(first, actor=BUYER)
        for command in OTHERS:
            with suppress(DomainError):
                stage.send(command, actor=BUYER)
        assert stage.one(Cart, CART).status == "ACTIVE"


def test_no_other_command_makes_a_cart() -> None:
    for command in OTHERS:
        stage = carts_stage()
        with suppress(DomainError):
            stage.send(command, actor=BUYER)
        assert stage.all(Cart) == []
