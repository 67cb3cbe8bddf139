"""The message catalogue is made from the code, and the page in docs is the same."""

from __future__ import annotations

import ast

from argosy.apps.cli.messages import PAGE, _made_in, catalogue, page
from tests.architecture.sources import PROJECT


def test_the_page_is_what_the_code_says() -> None:
    assert (PROJECT / PAGE).read_text(encoding="utf-8") == page(catalogue()), (
        "docs/messages.md is stale: run `argosy messages --markdown`"
    )


def test_a_flow_command_has_one_receiver() -> None:
    several = {
        one.kind.wire_name: one.receivers
        for one in catalogue()
        if one.kind.key_field and one.kind.__mro__[1].__name__ == "Command" and len(one.receivers) != 1
    }
    assert several == {}


def test_senders_are_found_where_a_class_is_called() -> None:
    made = _made_in(
        ast.parse(
            "from argosy.contracts.inventory import ReserveStock as Hold, StockShort\n"
            "from argosy.contracts import orders\n"
            "def f(event: StockShort): return Hold(flow_id=1), orders.PlaceOrders(flow_id=2)\n"
        )
    )
    assert made == {"inventory.ReserveStock", "orders.PlaceOrders"}
