"""Messages to bytes and back (JSON), one decoder kept per class."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from argosy.shared_kernel.messages import MESSAGES, Message

encode = msgspec.json.Encoder().encode
"""Any message, value or plain structure as JSON bytes."""

encode_sorted = msgspec.json.Encoder(order="deterministic").encode
"""The same with the keys of dictionaries sorted: databases keep those of a message in orders of their own, and what is
made from it must not tell whether it was read or is at hand."""


class UnknownMessage(Exception):
    """This program does not know the message type, or knows only an older version of it: it must not read on."""

    def __init__(self, wire_name: str, version: int) -> None:
        super().__init__(f"{wire_name} version {version} is newer than this program")
        self.wire_name, self.version = wire_name, version


@cache
def decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode(wire_name: str, version: int, payload: bytes | str) -> Message:
    """The message that `payload` holds; older versions are upcast, newer ones and unknown types refused."""
    kind = MESSAGES.get(wire_name)
    if kind is None or version > kind.schema_version:
        raise UnknownMessage(wire_name, version)
    if version == kind.schema_version:
        message: Message = decoder(kind).decode(payload)
        return message
    return msgspec.convert(kind.upcast(version, msgspec.json.decode(payload)), kind)
