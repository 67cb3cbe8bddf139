"""What a change of a frozen message means to those who read and write it: harmless, an addition, or a break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
PROMISES = {
    "x-wire-name": "its wire name",
    "x-version": "its version",
    "x-key": "its key, and with it its order",
    "x-subject": "its subject",
    "x-personal": "which of its fields are personal",
    "x-latest-only": "whether each one is told, or the last of several",
}
_WORDS = {"title", "description", "default", "$ref", "$defs"}


class Change(NamedTuple):
    """One difference between a frozen message and the code. `is_break`: a reader or writer elsewhere would fail."""

    what: str
    is_break: bool


def changes(frozen: Schema, now: Schema) -> list[Change]:
    """Every difference that means anything; words may change freely."""
    found = [
        Change(f"{what} changed from {frozen.get(name)!r} to {now.get(name)!r}", is_break=True)
        for name, what in PROMISES.items()
        if frozen.get(name) != (_of_fields_then(frozen, now) if name == "x-personal" else now.get(name))
    ]
    return found + list(_compared("", _resolved(frozen, frozen), _resolved(now, now)))


def _of_fields_then(frozen: Schema, now: Schema) -> list[str]:
    """Personal fields without those that were not there at the time: whoever adds a field says whether it is one."""
    known = frozen.get("properties", {})
    return [name for name in now.get("x-personal", []) if name.partition(".")[0] in known]


def _compared(where: str, frozen: Schema, now: Schema) -> Iterator[Change]:
    before, after = frozen.get("properties"), now.get("properties")
    if before is None or after is None:
        yield from _types(where, frozen, now)
        return
    required = set(now.get("required", ()))
    for name, schema in before.items():
        path = f"{where}.{name}" if where else name
        if name not in after:
            yield Change(f"the field {path} was removed", is_break=True)
            continue
        yield from _compared(path, schema, after[name])
        was = name in set(frozen.get("required", ()))
        if was != (name in required) or (not was and schema.get("default") != after[name].get("default")):
            yield Change(f"what an absent {path} means was changed", is_break=True)
    for name in after:
        if name not in before:
            path = f"{where}.{name}" if where else name
            if name in required:
                yield Change(f"the field {path} was added without a default", is_break=True)
            else:
                yield Change(f"the field {path} was added with a default", is_break=False)


def _types(where: str, frozen: Schema, now: Schema) -> Iterator[Change]:
    """Two schemas of which at least one is no structure."""
    before = {name: value for name, value in frozen.items() if name not in _WORDS}
    after = {name: value for name, value in now.items() if name not in _WORDS}
    if before.keys() != after.keys():
        yield Change(f"the type of {where} was changed", is_break=True)
        return
    for name, value in before.items():
        if name == "items" and isinstance(value, Mapping) and isinstance(after[name], Mapping):
            yield from _compared(f"{where}[]", value, after[name])
        elif name == "anyOf" and len(value) == len(after[name]):
            for one, other in zip(value, after[name], strict=True):
                yield from _compared(where, one, other)
        elif value != after[name]:
            yield Change(f"the type of {where} was changed", is_break=True)


def _resolved(schema: Any, document: Schema) -> Any:
    """References written out, so that a value may be renamed: its name is no part of the message."""
    if isinstance(schema, list):
        return [_resolved(one, document) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    reference = schema.get("$ref")
    if reference is not None:
        found = {
            **document["$defs"][reference.rpartition("/")[2]],
            **{name: value for name, value in schema.items() if name != "$ref"},
        }
        return _resolved(found, document)
    return {name: _resolved(value, document) for name, value in schema.items() if name != "$defs"}
