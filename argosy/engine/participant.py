"""A context as the engine sees it: what it handles, and how its services are built for one unit of work."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, get_type_hints

from argosy.engine.reads import Wanted, first_reads, later_reads
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.messages import MESSAGES, Command, Event, Message, Refused

TOLD_BY_ANYBODY = "messages"
"""What the wire names of events begin with that belong to no context: they are read from all that are heard."""


class Handler(NamedTuple):
    """A use case: which service's method works off a message, and what it reads."""

    service: int
    method: str
    message: type[Message]
    first: Mapping[str, Wanted]
    then: tuple[Mapping[str, Wanted], ...]


@dataclass(frozen=True)
class Participant:
    """One consumer of messages: a context's services (a reactor) or a view (a projector).

    `hears` names the contexts whose commands to this one are worked off, and which are read for what anybody may tell;
    events of contexts are read where they are declared.
    `retired` are wire names that were handled once and on purpose are no more.
    """

    name: str
    handlers: Mapping[str, Handler]
    build: Callable[[UnitOfWork], Sequence[Any]]
    hears: tuple[str, ...] = ()
    is_projector: bool = False
    retired: tuple[str, ...] = ()

    def versions(self) -> dict[str, int]:
        """The messages that this program reads for it, and the newest version that it knows of each."""
        return {name: MESSAGES[name].schema_version for names in self.wire_names().values() for name in names}

    def wire_names(self) -> dict[str, frozenset[str]]:
        """What is read from each source: its events handled here, commands from those that are heard, and refusals
        from everyone who answers this context's flows."""
        return self._wire_names

    @cached_property
    def _wire_names(self) -> dict[str, frozenset[str]]:
        names: dict[str, set[str]] = {}
        for wire_name, handler in self.handlers.items():
            if handler.message is Refused:
                continue
            if issubclass(handler.message, Event) and wire_name.partition(".")[0] == TOLD_BY_ANYBODY:
                for source in self.hears:
                    names.setdefault(source, set()).add(wire_name)
            elif issubclass(handler.message, Event):
                names.setdefault(wire_name.partition(".")[0], set()).add(wire_name)
            elif handler.message.key_field:
                for source in self.hears:
                    names.setdefault(source, set()).add(wire_name)
        if Refused.wire_name in self.handlers:
            for source in names:
                names[source].add(Refused.wire_name)
        return {source: frozenset(wire) for source, wire in names.items()}


def handlers_of(services: Iterable[type]) -> dict[str, Handler]:
    """Every public method whose one argument is annotated with a message class handles that message.

    A union annotation handles each of its members. Two handlers of one message are an error: say which one it is.
    """
    found: dict[str, Handler] = {}
    for index, service in enumerate(services):
        for name, method in inspect.getmembers(service, inspect.isfunction):
            if name.startswith("_"):
                continue
            for kind in _messages_taken(method):
                other = found.get(kind.wire_name)
                assert other is None, f"{kind.wire_name} is handled by both {other} and {name}"
                found[kind.wire_name] = Handler(index, name, kind, first_reads(method), later_reads(method))
    return found


def _messages_taken(method: Callable[..., Any]) -> list[type[Message]]:
    arguments = [name for name in inspect.signature(method).parameters if name != "self"]
    if len(arguments) != 1:
        return []
    hint = get_type_hints(method).get(arguments[0])
    members = getattr(hint, "__args__", None) or [hint]
    return [
        kind
        for kind in members
        if isinstance(kind, type) and issubclass(kind, Command | Event) and kind not in (Command, Event)
    ]
