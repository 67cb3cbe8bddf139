"""Forgetting people: what messages say about a person is blanked, and that they were told stays.

Which fields are about a person is said where messages are declared (`Personal`), and which row is about whom by the
row's subject. So no context blanks its own log: it is done here, once, for all of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cache
from typing import Any

import msgspec

from argosy.contracts.accounts import PersonErased
from argosy.engine.log import Record
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.store import Due
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.codec import UnknownMessage, decoder
from argosy.shared_kernel.messages import MESSAGES, personal_fields

BLANK = ""
"""What a field about a person holds once they are forgotten. All such fields are text, which a test sees to."""


class People:
    """What every database does when a person was erased: its log, what is parked there and what its timers are to tell
    forget them, and the answers that are kept for their repeated requests are gone, in the commit of this message."""

    def __init__(self, work: UnitOfWork) -> None:
        self.work = work

    def forget(self, event: PersonErased) -> None:
        """Asked again, it finds nothing to blank."""
        self.work.changes.erased.append(event.user_id)


def people_of(label: str) -> Participant:
    """The subscription of a database that does it, beside the context's own."""
    return Participant(f"{label}.people", handlers_of((People,)), lambda work: (People(work),))


def blanked(kind: type, text: str) -> str:
    """JSON of a message or value without what it says about a person; the same text where it says nothing."""
    paths = _paths(kind)
    if not paths:
        return text
    document = decoder(object).decode(text)
    # Keys stay in the order in which they were told.
    return msgspec.json.encode(document).decode() if _blank(document, paths) else text


def blanked_payload(record: Record) -> str:
    """The same for what a log row says."""
    kind = MESSAGES.get(record.wire_name)
    if kind is None or record.version > kind.schema_version:
        raise UnknownMessage(record.wire_name, record.version)
    return blanked(kind, record.payload)


def blanked_record(record: Record) -> Record:
    """A record as it is told from now on."""
    return msgspec.structs.replace(record, payload=blanked_payload(record), message=None)


def tells_of(record: Record, people: Iterable[str]) -> bool:
    """Whether anything about one of these people is left in it."""
    return record.subject in people and blanked_payload(record) != record.payload


@cache
def names_about_people() -> tuple[str, ...]:
    """Wire names of the messages that say something about a person, and about whom."""
    return tuple(sorted(name for name, kind in MESSAGES.items() if kind.subject_field and personal_fields(kind)))


def subject_of(wire_name: str, payload: str) -> str:
    """Whom a message is about; nobody, where it does not say."""
    kind = MESSAGES.get(wire_name)
    if kind is None or not kind.subject_field:
        return ""
    return decoder(dict[str, Any]).decode(payload).get(kind.subject_field) or ""


def blanked_timer(timer: Due, people: Container[str]) -> str:
    """What a timer is to tell, without what it says about these people."""
    if timer.name not in names_about_people() or subject_of(timer.name, timer.payload) not in people:
        return timer.payload
    kind = MESSAGES[timer.name]
    if timer.version > kind.schema_version:
        raise UnknownMessage(timer.name, timer.version)
    return blanked(kind, timer.payload)


@cache
def _paths(kind: type) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(name.split(".")) for name in sorted(personal_fields(kind)))


def _blank(document: Any, paths: Iterable[tuple[str, ...]]) -> bool:
    """Whether there was anything to blank. A list on the way means each of its members."""
    was_there = False
    for name, *rest in paths:
        for part in document if isinstance(document, list) else [document]:
            if not isinstance(part, dict) or name not in part:
                continue
            if rest:
                was_there |= _blank(part[name], [tuple(rest)])
            elif part[name] not in (BLANK, None):
                part[name] = BLANK
                was_there = True
    return was_there
