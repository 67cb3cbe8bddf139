"""The API keeps its promises: contracts/apis/*.v1.yaml are what others rely on."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from argosy.apps.api import contracts

FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "apis"


def test_nothing_that_was_promised_is_gone() -> None:
    broken = contracts.check(FOLDER)
    assert not broken, "\n".join([*broken, contracts.REMEDY])


def test_everything_that_is_there_is_promised() -> None:
    now, frozen = contracts.described(), contracts.frozen_in(FOLDER)
    stale = [label for label in {*now, *frozen} if now.get(label) != frozen.get(label)]
    assert not stale, f"The API has grown in {stale}: `python -m argosy.apps.api.contracts` records it; commit that."


def test_every_operation_lists_what_it_answers_and_no_other_success() -> None:
    listed = {
        (path, method): [status for status in operation["responses"] if status.startswith("2")]
        for document in contracts.described().values()
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert len(listed) > 150
    assert {where: statuses for where, statuses in listed.items() if len(statuses) != 1} == {}
    assert listed["/api/v1/carts/guest", "post"] == ["201"]
    assert listed["/api/v1/orders/{order_id}/cancel", "post"] == ["202"]
    assert listed["/api/v1/products/{product_id}", "get"] == ["200"]


PATH = "/api/v1/carts/mine/lines"


def gone(document: dict[str, Any]) -> None:
    del document["paths"][PATH]["post"]


def field_gone(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["AddToCart"]["properties"]["quantity"]


def field_required(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["AddToCart"]["properties"]["note"] = {"type": "string"}
    document["components"]["schemas"]["AddToCart"]["required"].append("note")


def type_changed(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["AddToCart"]["properties"]["quantity"]["type"] = "string"


def tighter(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["AddToCart"]["properties"]["quantity"]["maximum"] = 10


def answer_field_gone(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["CartContents"]["properties"]["lines"]


def answer_inside_changed(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["CartLine"]["properties"]["quantity"]["type"] = "number"


def other_permission(document: dict[str, Any]) -> None:
    document["paths"][PATH]["post"]["x-permission"] = "staff"


def other_status(document: dict[str, Any]) -> None:
    answers = document["paths"][PATH]["post"]["responses"]
    answers["201"] = answers.pop("200")


BREAKS = {
    gone: "the operation is gone",
    field_gone: "the field quantity is gone",
    field_required: "the field note is required now",
    type_changed: "was integer, is string",
    tighter: "its maximum is 10",
    answer_field_gone: "the field lines is gone",
    answer_inside_changed: "was integer, is number",
    other_permission: "was for shopper, is for staff",
    other_status: "never answers 200",
}


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_a_break_is_named(change: Callable[[dict[str, Any]], None]) -> None:
    frozen = contracts.described()["carts"]
    now = deepcopy(frozen)
    change(now)
    broken = list(contracts.breaks(frozen, now))
    assert broken
    assert any(BREAKS[change] in sentence for sentence in broken), broken
    assert all("/carts/" in sentence or "/wishlists/" in sentence for sentence in broken)


def test_a_success_without_a_body_that_was_listed_beside_the_real_one_may_go_and_no_other() -> None:
    now = contracts.described()["carts"]
    frozen = deepcopy(now)
    answers = frozen["paths"]["/api/v1/carts/guest"]["post"]["responses"]
    answers["200"] = {"description": "OK"}
    assert list(contracts.breaks(frozen, now)) == []
    answers["200"] = {"description": "OK", "content": answers["201"]["content"]}
    assert list(contracts.breaks(frozen, now)) == ["POST /api/v1/carts/guest: it never answers 200 any more."]
    answers["200"] = {"description": "OK"}
    del answers["201"]
    assert list(contracts.breaks(frozen, now)) == ["POST /api/v1/carts/guest: it never answers 200 any more."]


def test_additions_break_nothing() -> None:
    frozen = contracts.described()["carts"]
    now = deepcopy(frozen)
    now["paths"]["/api/v1/carts/mine/notes"] = now["paths"][PATH]
    now["components"]["schemas"]["AddToCart"]["properties"]["note"] = {"type": "string", "default": ""}
    now["components"]["schemas"]["CartContents"]["properties"]["note"] = {"type": "string"}
    assert list(contracts.breaks(frozen, now)) == []


def test_a_break_is_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contracts.write(tmp_path)
    assert contracts.write(tmp_path) == []
    now = contracts.described()
    gone(now["carts"])
    monkeypatch.setattr(contracts, "described", lambda: now)
    before = (tmp_path / "carts.v1.yaml").read_text()
    with pytest.raises(contracts.ContractBroken, match="operation is gone"):
        contracts.write(tmp_path)
    assert (tmp_path / "carts.v1.yaml").read_text() == before


@pytest.mark.parametrize(("before", "after", "is_break"), [("buyer", "shopper", False), ("shopper", "buyer", True)])
def test_an_operation_may_be_for_more_people_and_not_for_fewer(before: str, after: str, is_break: bool) -> None:
    frozen = contracts.described()["carts"]
    now = deepcopy(frozen)
    frozen["paths"][PATH]["post"]["x-permission"] = before
    now["paths"][PATH]["post"]["x-permission"] = after
    assert bool(list(contracts.breaks(frozen, now))) is is_break
