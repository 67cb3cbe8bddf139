"""Ids have one spelling, and what is derived is derived again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.shared_kernel.ids import DerivedIds, Id, child_id, is_id, named_id

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_named_id_is_a_canonical_uuid_of_version_8(parts: list[str]) -> None:
    found = named_id(*parts)
    assert is_id(found) and found == named_id(*parts)
    assert str(UUID(found)) == found and UUID(found).version == 8 and UUID(found).variant == "specified in RFC 4122"


def test_other_parts_give_another_id() -> None:
    names = [("a",), ("b",), ("a", "b"), ("ab",), ("b", "a"), ("a", ""), ("", "a"), ("",)]
    assert len({named_id(*name) for name in names}) == len(names)


def test_this_name_has_this_id_for_ever() -> None:
    assert named_id("order", "1", "2") == "80c13777-06b6-863d-8d10-1f6609061eda"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        None,
        5,
        "DB41D790-8161-8CE7-8E00-6FFF4FCDE8B7",
        "db41d790-8161-8ce7-8e00-6fff4fcde8b",
        "db41d79081618ce78e006fff4fcde8b7",
        "{db41d790-8161-8ce7-8e00-6fff4fcde8b7}",
        "db41d790-8161-8ce7-8e00-6fff4fcde8b7\n",
        "\uff11b41d790-8161-8ce7-8e00-6fff4fcde8b7",
    ],
)
def test_other_spellings_are_no_ids(text: object) -> None:
    assert not is_id(text)


def test_derived_ids_are_made_again_in_the_same_order() -> None:
    first, again = DerivedIds("cause", NOW, "orders"), DerivedIds("cause", NOW, "orders")
    made = [first.new() for _ in range(300)]
    assert made == [again.new() for _ in range(300)] == sorted(set(made))
    assert all(is_id(found) and UUID(found).version == 8 for found in made)


def test_another_cause_or_consumer_makes_other_ids() -> None:
    ids = {DerivedIds(cause, NOW, consumer).new() for cause in ("a", "b") for consumer in ("x", "y")}
    assert len(ids) == 4


def test_derived_ids_carry_the_time_of_their_cause() -> None:
    found = DerivedIds("cause", NOW, "orders").new()
    assert int(found.replace("-", "")[:12], 16) == int(NOW.timestamp() * 1000)


def test_children_sort_by_time_as_their_parents_do() -> None:
    early, late = Id("01890000-0000-7000-8000-ffffffffffff"), Id("01890000-0001-7000-8000-000000000000")
    assert is_id(child_id(early, "order"))
    assert child_id(early, "order") < child_id(late, "order")
    assert len({child_id(early, "order"), child_id(early, "payment"), child_id(late, "order")}) == 3
    assert child_id(early, "order") == child_id(early, "order")


def test_one_message_cannot_make_ids_without_end() -> None:
    ids = DerivedIds("cause", NOW, "orders")
    made = [ids.new() for _ in range(0x10000)]
    assert made[-1].endswith("ffff")
    with pytest.raises(AssertionError):
        ids.new()
