"""Request bodies: from bytes to a command's fields, typed by the command itself and by nothing else.

From the fields that a client may send a second struct is derived, stricter than the message: ids in their one
spelling, integers that every JSON reader holds exactly, times with an offset. It decodes bodies and describes them in
OpenAPI. Where it refuses, the body is looked through again, slowly, for everything that is wrong with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from django.http import HttpRequest
from msgspec.structs import fields

from argosy.platform.problems import FAULTS_MAX, Problem
from argosy.shared_kernel.cards import holds_card_number, masked
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.money import AMOUNT_MAX

JSON = "application/json"
BYTES_MAX = 1_000_000
DEPTH_MAX = 32

ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TEXT_END = r"\Z"
"""The dollar of what is described, as Python says it: its own lets a line break pass behind a text's last letter."""


def matching(pattern: str, **others: Any) -> msgspec.Meta:
    """A text that fits the pattern, written as JSON Schema's readers take it, from its first letter to its last."""
    return msgspec.Meta(pattern=pattern.replace("$", TEXT_END), **others)


IdText = Annotated[str, matching(ID_PATTERN)]
MaybeIdText = Annotated[str, matching(f"^$|{ID_PATTERN}", max_length=36)]
"""An id, or nothing."""
_ID = Annotated[str, matching(ID_PATTERN, extra_json_schema={"format": "uuid"})]
_INTEGER = Annotated[int, msgspec.Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
_INSTANT = Annotated[datetime, msgspec.Meta(tz=True)]
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NUL = "\x00"
NUL_REFUSED, _NO_NUL = "nul_in_text", "Texts never hold the character U+0000."
_PASSWORDS = frozenset(("password", "current"))
CARD_REFUSED = "card_number_refused"


class Body:
    """What a client may send for a message: its fields without those in `hidden`."""

    def __init__(self, message: Any, hidden: Collection[str]) -> None:
        hints = get_type_hints(message, include_extras=True)
        self.kind = _derived(message, frozenset(hidden))
        self._plain: list[str] = []
        self._nested: dict[str, Any] = {}
        for name in self.kind.__struct_fields__:
            if _holds_struct(hints[name]):
                self._nested[name] = hints[name]
            else:
                self._plain.append(name)

    def read(self, raw: bytes) -> dict[str, Any]:
        """The message's fields as sent; a Problem where the body is none that we know how to read."""
        body = decode(raw, self.kind)
        values = {name: getattr(body, name) for name in self._plain}
        for name, hint in self._nested.items():
            values[name] = msgspec.convert(getattr(body, name), hint, from_attributes=True)
        return values


def decode(raw: bytes, kind: type[msgspec.Struct]) -> Any:
    """A body as a struct, or a Problem that lists all its faults."""
    plain, cards = _parsed(raw or b"{}")
    try:
        body = decoder(kind).decode(raw or b"{}")
    except msgspec.ValidationError as error:
        faults = list(_faults(plain, kind, "")) or [_fault("", "not_valid", str(error))]
        raise invalid([*faults, *cards]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _malformed() from None
    if cards:
        raise cards_refused(cards)
    return body


def invalid(faults: list[dict[str, Any]]) -> Problem:
    return Problem(
        422, "invalid_request", "What was sent is not what this operation takes; `faults` lists why.", faults=faults
    )


def card_faults(value: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Every text of a plain value that holds what could be a card's number, and is not a password: that is kept by
    nobody, and anybody's may be a number."""
    if isinstance(value, str):
        if holds_card_number(value):
            yield _fault(masked(path), CARD_REFUSED, "Card numbers are not taken here, and this text holds one.")
    elif isinstance(value, dict):
        for name, each in value.items():
            where = f"{path}.{name}" if path else name
            yield from card_faults(name, where)
            if name not in _PASSWORDS:
                yield from card_faults(each, where)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from card_faults(each, f"{path}[{index}]")


def cards_refused(faults: list[dict[str, Any]]) -> Problem:
    return Problem(
        422, CARD_REFUSED, "Card numbers are not taken here: pay with a gateway's token instead.", faults=faults
    )


def query_of(sent: Mapping[str, str], kind: type[msgspec.Struct]) -> Any:
    """The query's parameters as a struct, or a Problem that lists all its faults. Unknown ones are ignored."""
    cards = list(card_faults(dict(sent)))
    if cards:
        raise cards_refused(cards)
    nuls = [
        _fault(name, NUL_REFUSED, _NO_NUL)
        for name, text in sent.items()
        if _NUL in text and name in kind.__struct_fields__
    ]
    try:
        asked = msgspec.convert(sent, kind, strict=False)
    except msgspec.ValidationError as error:
        faults = list(_faults(sent, kind, "", is_strict=False)) or [_fault("", "not_valid", str(error))]
        told = {fault["field"] for fault in faults}
        raise invalid([*faults, *(one for one in nuls if one["field"] not in told)]) from None
    if nuls:
        raise invalid(nuls)
    return asked


def _malformed() -> Problem:
    return Problem(400, "malformed_json", "The body is not JSON (RFC 8259) in UTF-8.")


def _parsed(raw: bytes) -> tuple[Any, list[dict[str, Any]]]:
    """Plain JSON, once it is known to be well-formed, of bounded depth, and unambiguous; and its texts that hold a
    card's number. These are looked for in the whole at once first: hardly ever is there one, and whatever is there
    stands in a row, but where its digits are escaped."""
    if len(raw) > BYTES_MAX:
        raise too_large()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Problem(400, "not_utf8", "The body is not UTF-8.") from None
    if raw.count(b"[") + raw.count(b"{") > DEPTH_MAX and _depth(text) > DEPTH_MAX:
        raise Problem(400, "nested_too_deeply", f"A body nests at most {DEPTH_MAX} levels.")
    try:
        plain = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _malformed() from None
    if "\\u0000" in text and _NUL in json.dumps(plain, ensure_ascii=False).replace("\\u0000", _NUL):
        raise Problem(422, NUL_REFUSED, _NO_NUL)
    is_suspicious = "\\u" in text or holds_card_number(text)
    return plain, list(islice(card_faults(plain), FAULTS_MAX)) if is_suspicious else []


def too_large(bytes_max: int = BYTES_MAX) -> Problem:
    return Problem(413, "body_too_large", f"A body is at most {bytes_max} bytes.", headers={"Connection": "close"})


def _depth(text: str) -> int:
    depth = deepest = 0
    for letter in _STRINGS.sub("", text):
        if letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise Problem(
            400,
            "duplicate_json_keys",
            "A JSON object names each of its members once.",
            faults=[{"code": "duplicate_json_key", "field": name[:100]} for name in twice],
        )
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


@cache
def _derived(kind: type[msgspec.Struct], hidden: frozenset[str] = frozenset()) -> type[msgspec.Struct]:
    """A struct of the same name and fields, stricter."""
    hints = get_type_hints(kind, include_extras=True)
    made: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in fields(kind):
        if field.name in hidden:
            continue
        hint = _strict(hints[field.name])
        if field.required:
            made.append((field.name, hint))
        elif field.default_factory is not msgspec.NODEFAULT:
            made.append((field.name, hint, msgspec.field(default_factory=field.default_factory)))
        else:
            made.append((field.name, hint, field.default))
    derived = msgspec.defstruct(kind.__name__, made, kw_only=True, frozen=True, module=kind.__module__)
    derived.__doc__ = kind.__doc__
    return derived


def _strict(hint: Any) -> Any:
    if hint is Id:
        return _ID
    if hint is int:
        return _INTEGER
    if hint is datetime:
        return _INSTANT
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _derived(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _strict(arguments[0])
    if origin in (Union, UnionType):
        return Union[tuple(_strict(argument) for argument in arguments)]  # noqa: UP007 - made at run time
    if origin is tuple:
        return tuple[tuple(argument if argument is Ellipsis else _strict(argument) for argument in arguments)]  # type: ignore[misc]
    if origin is not None:
        return origin[tuple(_strict(argument) for argument in arguments)]
    return hint


def _holds_struct(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return True
    return any(_holds_struct(argument) for argument in get_args(hint))


def _faults(value: Any, kind: Any, path: str, *, is_strict: bool = True) -> Iterator[dict[str, Any]]:
    """Everything that is wrong with a plain value, field by field."""
    if not isinstance(value, dict):
        yield _fault(path, "not_valid", "Expected an object.")
        return
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        where = f"{path}.{field.name}" if path else field.name
        if field.name in value:
            yield from _faults_of_field(value[field.name], hints[field.name], where, is_strict=is_strict)
        elif field.required:
            yield _fault(where, "missing", "This field is required.")


def _faults_of_field(value: Any, hint: Any, path: str, *, is_strict: bool) -> Iterator[dict[str, Any]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield from _faults(value, hint, path)
        return
    arguments = get_args(hint)
    if get_origin(hint) is tuple and arguments[1:] == (Ellipsis,) and isinstance(value, list):
        for index, item in enumerate(value[:FAULTS_MAX]):
            yield from _faults_of_field(item, arguments[0], f"{path}[{index}]", is_strict=is_strict)
        return
    try:
        msgspec.convert(value, hint, strict=is_strict)
    except (msgspec.ValidationError, RecursionError) as error:
        message = str(error).partition(" - at ")[0].replace(repr(TEXT_END)[1:-1], "$")
        if ID_PATTERN in message:
            message = "Expected an id: a lower-case UUID"
        yield _fault(path, "not_valid", message + ".")


def _fault(field: str, code: str, detail: str) -> dict[str, Any]:
    return {"code": code, "field": field, "detail": detail}


def received(request: HttpRequest, types: tuple[str, ...] = (JSON,), bytes_max: int = BYTES_MAX) -> bytes:
    """The body's bytes; never more than are allowed."""
    environment = request.META
    kind = environment.get("CONTENT_TYPE") or types[0]
    try:
        length = int(environment.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > bytes_max:
        raise too_large(bytes_max)
    if not length and "chunked" not in environment.get("HTTP_TRANSFER_ENCODING", "").lower():
        return b""
    if not kind.lower().startswith(types):
        code = "not_json" if types == (JSON,) else "not_such_a_file"
        raise Problem(415, code, f"Send {' or '.join(types)}.", headers={"Accept": ", ".join(types)})
    raw: bytes = environment["wsgi.input"].read(length or bytes_max + 1)
    if len(raw) > bytes_max:
        raise too_large(bytes_max)
    return raw
