"""Messages: the commands and events that contexts exchange, declared as plain typed structs.

    class ReserveStock(Command, key="flow_id"):
        flow_id: Id
        lines: tuple[StockLine, ...]

A message is immutable and keyword-only. Its wire name is `<context>.<ClassName>`; `key` names the field that decides
its lane and with it its order: an event's aggregate, a command's flow, a reply's flow. Fields marked `Personal` make
the row carry its `subject`, the person that they are about, so that they can be blanked when the person asks. Unknown
fields are tolerated; a class with a higher `version` upcasts what older versions wrote. An `is_latest_only` event tells
how its aggregate stands: of several in one unit of work, only the last is told.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

T = TypeVar("T")

PERSONAL = msgspec.Meta(extra={"personal": True})
Personal = Annotated[T, PERSONAL]
"""A field about a person, blanked in the log when they are erased: `city: Personal[str]`."""

MESSAGES: dict[str, type[Message]] = {}
"""Every message class by wire name."""


if TYPE_CHECKING:
    # What a type checker must know of a message's class line; at run time msgspec does it.
    _StructMeta = type

    @dataclass_transform(frozen_default=True, kw_only_default=True)
    class _Struct:
        def __init_subclass__(
            cls, *, key: str = "", subject: str = "", version: int = 1, is_latest_only: bool = False, **config: bool
        ) -> None: ...

else:
    _StructMeta, _Struct = type(msgspec.Struct), msgspec.Struct


def context_of(module: str) -> str:
    """Whose messages a module declares: contracts of one context that would be too long for one file are split by
    subject, as `accounts_teams` is."""
    last = module.rpartition(".")[2]
    return last.partition("_")[0] if module.startswith("argosy.contracts.") else last


class _MessageMeta(_StructMeta):
    """Applies frozen and keyword-only to every message and reads key, subject and version from the class line."""

    def __new__(  # noqa: PLR0913 - Python gives three of them
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        key: str = "",
        subject: str = "",
        version: int = 1,
        is_latest_only: bool = False,
        **config: Any,
    ) -> Any:
        namespace["wire_name"] = f"{context_of(namespace['__module__'])}.{name}"
        namespace["key_field"] = key
        namespace["subject_field"] = subject
        namespace["schema_version"] = version
        namespace["is_latest_only"] = is_latest_only
        config.setdefault("frozen", True)
        config.setdefault("kw_only", True)
        return super().__new__(mcs, name, bases, namespace, **config)

    def __init__(cls: Any, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:  # noqa: N805
        super().__init__(name, bases, namespace)
        if bases and bases[0].__name__ in ("Command", "Event"):
            known = MESSAGES.get(cls.wire_name)
            assert known is None or known.__qualname__ == cls.__qualname__, f"two messages are called {cls.wire_name}"
            MESSAGES[cls.wire_name] = cls


class Message(_Struct, metaclass=_MessageMeta):
    """What one context tells or asks another."""

    wire_name: ClassVar[str]
    key_field: ClassVar[str]
    subject_field: ClassVar[str]
    schema_version: ClassVar[int]
    is_latest_only: ClassVar[bool]

    @classmethod
    def upcast(cls, version: int, fields: dict[str, Any]) -> dict[str, Any]:
        """Fields as `version` wrote them, in today's shape. Overridden by a class whose version is above 1."""
        return fields


class Command(Message):
    """A request that one context may refuse."""


class Event(Message):
    """A fact; nobody may refuse it."""


class Refused(Event, key="flow_id"):
    """The answer to a flow's command that broke a rule: nothing was done."""

    flow_id: str
    command: str
    code: str
    details: dict[str, Any] = {}


class OperatorActed(Event, key="about"):
    """Somebody stepped in: who did what to what, and why. Told by any context, in the commit that did it."""

    about: str
    what: str
    operator: str
    reason: str
    details: dict[str, str] = {}


class StaffActed(Event, key="about", subject="person_id"):
    """Somebody with rights over others' things used them over HTTP: one of the staff, or a member of a store's team
    (`acted_as`). `person_id` is whom it was done to; the reason goes with them. Told by any context, in the commit that
    did it."""

    act_id: str
    about: str
    what: str
    operator: str
    acted_as: str
    context: str
    person_id: str = ""
    reason: Personal[str] = ""
    details: dict[str, str] = {}


class Value(_Struct, frozen=True, kw_only=True):
    """A part of a message: immutable, compared by content."""


def personal_fields(kind: type) -> frozenset[str]:
    """Names of the fields of a message, or of a value within one, that are about a person (dotted where nested)."""
    found = set()
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is ClassVar:
            continue
        if get_origin(hint) is Annotated and PERSONAL in get_args(hint)[1:]:
            found.add(name)
        for part in _structs_in(hint):
            found.update(f"{name}.{inner}" for inner in personal_fields(part))
    return frozenset(found)


def _structs_in(hint: Any) -> list[type]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return [hint]
    return [struct for inner in get_args(hint) for struct in _structs_in(inner)]
