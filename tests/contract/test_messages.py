"""Messages are frozen: what is committed in contracts/ is what the code tells, and only additions pass."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from argosy.apps.contracts import (
    FIX_ADDITION,
    FIX_BREAK,
    ContractBroken,
    differences,
    file_of,
    files,
    folder_of,
    messages,
    schema_of,
    write,
    write_files,
)
from argosy.apps.reference.changes import changes
from argosy.contracts.orders import OrderCreated
from argosy.shared_kernel.messages import Command, Event, Message, Personal, Value, personal_fields
from tests.architecture.sources import PROJECT

CONTRACTS = PROJECT / "contracts"
FROZEN_BY_THE_BLUEPRINT = """
    order_created order_confirmed order_refunded payment_authorized payment_captured payment_refunded payment_failed
    product_created product_published stock_reserved reservation_released checkout_completed coupon_consumed
""".split()
KINDS = messages()


def test_what_is_committed_is_what_the_code_tells() -> None:
    assert [str(difference) for difference in differences(CONTRACTS)] == []


@pytest.mark.parametrize("name", FROZEN_BY_THE_BLUEPRINT)
def test_the_events_that_the_blueprint_freezes_exist_under_their_names(name: str) -> None:
    assert (CONTRACTS / "events" / f"{name}.v1.json").is_file()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.wire_name)
def test_key_and_subject_are_fields_of_their_message(kind: type[Message]) -> None:
    for name in (kind.key_field, kind.subject_field):
        assert not name or name in kind.__struct_fields__
    if issubclass(kind, Event):
        assert kind.key_field, f"{kind.wire_name} has no key: nobody could promise its order"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.wire_name)
def test_a_logged_message_with_personal_fields_names_the_person(kind: type[Message]) -> None:
    """What comes from outside (no key) is handled at once and stands in no log that would have to be blanked."""
    if kind.key_field and personal_fields(kind):
        assert kind.subject_field, f"{kind.wire_name} tells of {sorted(personal_fields(kind))} and names no subject"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.wire_name)
def test_a_later_version_reads_the_earlier_ones(kind: type[Message]) -> None:
    if kind.schema_version > 1:
        assert "upcast" in kind.__dict__, f"{kind.wire_name} is at version {kind.schema_version} and has no upcast"


# The check itself, seen to fail.


class Part(Value):
    size: int
    colour: str = ""


class Renamed(Value):
    size: int
    colour: str = ""


class SmallerPart(Value):
    size: int


class WiderPart(Value):
    size: int
    colour: str = ""
    weight: int = 0


class HeavierPart(Value, kw_only=True):
    size: int
    colour: str = ""
    weight: int


def as_if(*, words: str = "A thing was made.", options: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A planted event with other options, and with fields of another type, more of them, or fewer (None)."""
    annotations: dict[str, Any] = {"thing_id": str, "owner_id": str, "parts": tuple[Part, ...], "note": str}
    defaults: dict[str, Any] = {"note": ""}
    for field, given in fields.items():
        defaults.pop(field, None)
        annotations[field], *default = given if isinstance(given, tuple) else (given,)
        if default:
            defaults[field] = default[0]
    annotations = {field: hint for field, hint in annotations.items() if hint is not None}
    body = {"__annotations__": annotations, "__module__": "planted", "__qualname__": "Thing", "__doc__": words}
    kind = type(Message)("Thing", (Event,), {**body, **defaults}, **{"key": "thing_id", **(options or {})})
    return schema_of(kind)


FROZEN = as_if()
HARMLESS = {
    "nothing": as_if(),
    "words": as_if(words="A thing came to be."),
    "a value's name": as_if(parts=tuple[Renamed, ...]),
}
ADDITIONS = {
    "a field with a default": (as_if(weight=(int, 0)), "the field weight was added with a default"),
    "a personal field with a default": (
        as_if(email=(Personal[str], "")),
        "the field email was added with a default",
    ),
    "a value's field with a default": (
        as_if(parts=tuple[WiderPart, ...]),
        "the field parts[].weight was added with a default",
    ),
    "a value with defaults": (as_if(extra=(Part | None, None)), "the field extra was added with a default"),
}
BREAKS = {
    "a removed field": (as_if(owner_id=None), "the field owner_id was removed"),
    "a removed field with a default": (as_if(note=None), "the field note was removed"),
    "a value's removed field": (as_if(parts=tuple[SmallerPart, ...]), "the field parts[].colour was removed"),
    "a field without a default": (as_if(weight=int), "the field weight was added without a default"),
    "a value's field without a default": (
        as_if(parts=tuple[HeavierPart, ...]),
        "the field parts[].weight was added without a default",
    ),
    "another type": (as_if(owner_id=int), "the type of owner_id was changed"),
    "perhaps nothing": (as_if(owner_id=str | None), "the type of owner_id was changed"),
    "one in place of many": (as_if(parts=Part), "the type of parts was changed"),
    "another default": (as_if(note=(str, "none")), "what an absent note means was changed"),
    "a default taken away": (as_if(note=str), "what an absent note means was changed"),
    "a default given": (as_if(owner_id=(str, "nobody")), "what an absent owner_id means was changed"),
    "another key": (
        as_if(options={"key": "owner_id"}),
        "its key, and with it its order changed from 'thing_id' to 'owner_id'",
    ),
    "another subject": (as_if(options={"subject": "owner_id"}), "its subject changed from '' to 'owner_id'"),
    "another version": (as_if(options={"version": 2}), "its version changed from 1 to 2"),
    "only the last": (
        as_if(options={"is_latest_only": True}),
        "whether each one is told, or the last of several changed from False to True",
    ),
    "a personal field": (
        as_if(note=(Personal[str], "")),
        "which of its fields are personal changed from [] to ['note']",
    ),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_words_and_names_of_values_may_change(case: str) -> None:
    assert changes(FROZEN, HARMLESS[case]) == []


@pytest.mark.parametrize("case", ADDITIONS)
def test_an_addition_with_a_default_is_told_from_a_break(case: str) -> None:
    schema, sentence = ADDITIONS[case]
    assert [(change.what, change.is_break) for change in changes(FROZEN, schema)] == [(sentence, False)]


@pytest.mark.parametrize("case", BREAKS)
def test_a_break_is_found(case: str) -> None:
    schema, sentence = BREAKS[case]
    assert [(change.what, change.is_break) for change in changes(FROZEN, schema)] == [(sentence, True)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The contracts as they are, with the files of older versions."""
    for older in CONTRACTS.glob("*/*.json"):
        (tmp_path / older.parent.name).mkdir(exist_ok=True)
        shutil.copy(older, tmp_path / older.parent.name)
    write_files(tmp_path, files())
    assert differences(tmp_path) == []
    return tmp_path


def rewrite(path: Path, change: Any) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_new_message_and_a_new_field_are_written_down_by_the_command(folder: Path) -> None:
    (folder / "events" / "order_paid.v1.json").unlink()
    rewrite(
        folder / "events" / "order_created.v1.json",
        lambda document: (document["properties"]["address"], document["$defs"]["Address"]["properties"].pop("phone")),
    )
    rewrite(folder / "commands" / "place_orders.v1.json", lambda document: document.update(description="Old words."))
    found = [str(difference) for difference in differences(folder)]
    assert sorted(found) == [
        f"commands/place_orders.v1.json: its words are out of date; {FIX_ADDITION}",
        f"events/order_created.v1.json: the field address.phone was added with a default; {FIX_ADDITION}",
        f"events/order_paid.v1.json: is not written down yet; {FIX_ADDITION}",
    ]
    assert len(write(folder)) == 3
    assert differences(folder) == []


def test_a_break_is_refused_with_what_to_do_and_nothing_is_written(folder: Path) -> None:
    path = folder / "events" / "order_created.v1.json"
    rewrite(path, lambda document: document["properties"].update(colour={"type": "string"}))
    (folder / "events" / "order_paid.v1.json").unlink()
    with pytest.raises(ContractBroken) as broken:
        write(folder)
    assert str(broken.value) == f"events/order_created.v1.json: the field colour was removed; {FIX_BREAK}"
    assert not (folder / "events" / "order_paid.v1.json").exists()
    write(folder, is_unreleased=True)
    assert differences(folder) == []


def test_a_message_that_is_gone_and_a_version_that_is_newer_are_breaks(folder: Path) -> None:
    (folder / "events" / "thing_made.v1.json").write_text("{}\n", encoding="utf-8")
    (folder / "events" / "order_created.v2.json").write_text("{}\n", encoding="utf-8")
    assert {(one.file, one.what, one.is_break) for one in differences(folder)} == {
        ("events/thing_made.v1.json", "the message is gone, and rows of it may stand in a log", True),
        ("events/order_created.v2.json", "the code knows only an older version", True),
    }


def test_the_files_of_older_versions_stay(folder: Path) -> None:
    now = files()
    now["events/order_created.v2.json"] = now.pop("events/order_created.v1.json")
    (addition,) = differences(folder, now)
    assert (addition.file, addition.is_break) == ("events/order_created.v2.json", False)
    (folder / "events" / "order_created.v1.json").unlink()
    assert [str(one) for one in differences(folder, now) if one.is_break] == [
        f"events/order_created.v1.json: the frozen file of an older version is gone; {FIX_BREAK}"
    ]


def test_only_names_that_clash_carry_their_context() -> None:
    class CreateThing(Command):
        thing_id: str

    twin = type(Message)("CreateThing", (Message,), {"__annotations__": {}, "__module__": "argosy.contracts.other"})
    assert file_of(OrderCreated, KINDS) == "events/order_created.v1.json"
    assert file_of(CreateThing, [CreateThing, OrderCreated]) == "commands/create_thing.v1.json"
    assert folder_of(twin) == "events"
    same = type(Message)("OrderCreated", (Message,), {"__annotations__": {}, "__module__": "argosy.contracts.other"})
    assert file_of(OrderCreated, [OrderCreated, same]) == "events/orders_order_created.v1.json"
    assert file_of(same, [OrderCreated, same]) == "events/other_order_created.v1.json"
