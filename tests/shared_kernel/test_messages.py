"""Messages as they are declared, and as they cross the wire."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from argosy.contracts.orders import Address, PlaceOrders
from argosy.shared_kernel.codec import UnknownMessage, decode, encode
from argosy.shared_kernel.messages import MESSAGES, Command, Event, Personal, Value, personal_fields


class Crate(Value):
    label: Personal[str]
    weight_grams: int = 0


class ShipCrate(Command, key="flow_id", subject="buyer_id"):
    flow_id: str
    buyer_id: str
    phone: Personal[str] = ""
    crates: tuple[Crate, ...] = ()


class CrateWeighed(Event, key="crate_id", version=3):
    """Version 1 had kilograms, version 2 had grams as `weight`."""

    crate_id: str
    weight_grams: int

    @classmethod
    def upcast(cls, version: int, fields: dict[str, Any]) -> dict[str, Any]:
        if version == 1:
            fields["weight"] = fields.pop("kilograms") * 1000
        fields["weight_grams"] = fields.pop("weight")
        return fields


def test_the_wire_name_is_context_and_class() -> None:
    assert PlaceOrders.wire_name == "orders.PlaceOrders"
    assert ShipCrate.wire_name == "test_messages.ShipCrate"
    assert MESSAGES["orders.PlaceOrders"] is PlaceOrders


def test_every_contract_message_is_known_by_its_wire_name() -> None:
    for wire_name, kind in MESSAGES.items():
        assert kind.wire_name == wire_name and kind.schema_version >= 1
        assert not kind.key_field or kind.key_field in kind.__struct_fields__
        assert not kind.subject_field or kind.subject_field in kind.__struct_fields__


def test_key_subject_and_version_come_from_the_class_line() -> None:
    assert (ShipCrate.key_field, ShipCrate.subject_field, ShipCrate.schema_version) == ("flow_id", "buyer_id", 1)
    assert (CrateWeighed.key_field, CrateWeighed.subject_field, CrateWeighed.schema_version) == ("crate_id", "", 3)


def test_messages_take_keywords_only() -> None:
    with pytest.raises(TypeError):
        ShipCrate("flow", "buyer")  # type: ignore[misc, call-arg]


def test_messages_and_values_never_change() -> None:
    for thing in (ShipCrate(flow_id="f", buyer_id="b"), Crate(label="x")):
        with pytest.raises(AttributeError):
            thing.flow_id = "other"  # type: ignore[union-attr, misc]


def test_two_messages_cannot_share_a_name() -> None:
    def declare() -> None:
        class ShipCrate(Command, key="flow_id"):
            flow_id: str

    with pytest.raises(AssertionError, match="two messages are called"):
        declare()


def test_what_is_sent_is_received() -> None:
    message = ShipCrate(flow_id="f", buyer_id="b", phone="1", crates=(Crate(label="é\u2028", weight_grams=2),))
    assert decode(message.wire_name, 1, encode(message)) == message


def test_unknown_fields_are_tolerated_and_missing_ones_take_their_default() -> None:
    payload = b'{"flow_id": "f", "buyer_id": "b", "colour": {"deep": [1]}, "crates": [{"label": "x", "new": true}]}'
    assert decode("test_messages.ShipCrate", 1, payload) == ShipCrate(
        flow_id="f", buyer_id="b", crates=(Crate(label="x"),)
    )


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"[]",
        b"null",
        b"{",
        b'{"flow_id": 1, "buyer_id": "b"}',
        b'{"flow_id": "f", "buyer_id": null}',
        b'{"flow_id": "f", "buyer_id": "b", "crates": [{"label": "x", "weight_grams": "1"}]}',
        b'{"flow_id": "f", "buyer_id": "b", "crates": [{"label": "x", "weight_grams": true}]}',
        b'{"flow_id": "f", "buyer_id": "b", "crates": [{"label": "x", "weight_grams": 1.5}]}',
    ],
)
def test_what_is_not_such_a_message_is_not_read(payload: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode("test_messages.ShipCrate", 1, payload)


@pytest.mark.parametrize(
    ("version", "payload"),
    [
        (1, b'{"crate_id": "c", "kilograms": 2}'),
        (2, b'{"crate_id": "c", "weight": 2000}'),
        (3, b'{"crate_id": "c", "weight_grams": 2000}'),
    ],
)
def test_older_versions_are_read_in_todays_shape(version: int, payload: bytes) -> None:
    assert decode("test_messages.CrateWeighed", version, payload) == CrateWeighed(crate_id="c", weight_grams=2000)


@pytest.mark.parametrize(("wire_name", "version"), [("test_messages.CrateWeighed", 4), ("nowhere.Nothing", 1)])
def test_what_is_newer_than_this_program_is_never_guessed(wire_name: str, version: int) -> None:
    with pytest.raises(UnknownMessage) as unknown:
        decode(wire_name, version, b'{"crate_id": "c", "weight_grams": 1}')
    assert (unknown.value.wire_name, unknown.value.version) == (wire_name, version)


def test_personal_fields_are_found_also_in_the_depth() -> None:
    assert personal_fields(ShipCrate) == {"phone", "crates.label"}
    assert personal_fields(CrateWeighed) == frozenset()
    assert personal_fields(Address) == {"recipient", "street", "city", "postal_code", "phone"}
    assert {"address.recipient", "address.phone"} <= personal_fields(PlaceOrders)
