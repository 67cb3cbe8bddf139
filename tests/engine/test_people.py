"""What is blanked of a message when a person is erased: what is marked, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from argosy.apps.contracts import messages
from argosy.contracts.orders import Address
from argosy.engine.due import Timers
from argosy.engine.log import START, Record
from argosy.engine.memory import MemoryStore
from argosy.engine.people import BLANK, blanked, blanked_payload, blanked_record, blanked_timer, tells_of
from argosy.engine.store import TIMER, Changes, Due
from argosy.shared_kernel.codec import UnknownMessage, decoder, encode
from argosy.shared_kernel.messages import Event, Message, Personal, Value, personal_fields
from tests.support import FakeClock


class Letter(Value):
    text: Personal[str]
    stamp: str


class Posted(Event, key="id", subject="person"):
    id: str
    person: str
    letter: Letter
    copies: tuple[Letter, ...] = ()
    note: Personal[str] = ""


POSTED = Posted(
    id="1",
    person="p",
    letter=Letter(text="dear", stamp="10c"),
    copies=(Letter(text="a", stamp="1"), Letter(text="b", stamp="2")),
    note="hush",
)


def record(message: Message, version: int = 1) -> Record:
    return Record(
        "m", message.wire_name, version, "k", 0, 0, encode(message).decode(), "", "", "p", FakeClock().now(), START
    )


def test_marked_fields_are_blanked_wherever_they_are_nested() -> None:
    assert msgspec.json.decode(blanked_payload(record(POSTED))) == {
        "id": "1",
        "person": "p",
        "letter": {"text": "", "stamp": "10c"},
        "copies": [{"text": "", "stamp": "1"}, {"text": "", "stamp": "2"}],
        "note": "",
    }


def test_a_blanked_record_is_the_same_but_for_that_and_is_left_alone_the_next_time() -> None:
    once = blanked_record(record(POSTED))
    assert msgspec.structs.replace(once, payload="") == msgspec.structs.replace(record(POSTED), payload="")
    assert blanked_record(once) == once
    assert tells_of(record(POSTED), {"p"})
    assert not tells_of(record(POSTED), {"q"})
    assert not tells_of(once, {"p"})


def test_a_blanked_value_has_the_bytes_that_it_would_have_if_it_was_told_so() -> None:
    address = Address(recipient="A", street="S", city="C", postal_code="1", country="PT", region="R", phone="9")
    blank = Address(recipient="", street="", city="", postal_code="", country="PT", region="R")
    assert blanked(Address, encode(address).decode()) == encode(blank).decode()


def test_what_a_newer_program_told_is_not_guessed_at() -> None:
    with pytest.raises(UnknownMessage):
        blanked_payload(record(POSTED, version=2))


@pytest.mark.parametrize("kind", [kind for kind in messages() if personal_fields(kind)], ids=lambda one: one.wire_name)
def test_every_field_about_a_person_can_be_blanked(kind: type[Message]) -> None:
    """Each of them is text, so that a blanked message is still one."""
    for name in personal_fields(kind):
        here: type = kind
        *way, last = name.split(".")
        for step in way:
            here = next(field.type for field in msgspec.structs.fields(here) if field.name == step)
        [field] = [field for field in msgspec.structs.fields(here) if field.name == last]
        assert decoder(field.type).decode(f'"{BLANK}"') == BLANK


def test_a_timer_s_message_is_told_of_whom_it_is_about_and_forgets_them_before() -> None:
    clock, store = FakeClock(), MemoryStore("stage", ())
    timer = Due("t", TIMER, Posted.wire_name, "1", clock.now(), encode(POSTED).decode(), "", "")
    assert blanked_timer(timer, {"q"}) == timer.payload
    assert "dear" not in blanked_timer(timer, {"p"})
    store.commit(Changes(due={timer.id: timer}))
    Timers(store, clock).step()
    assert [one.subject for one in store.log.records] == ["p"], "else it could not be found to be blanked"


def test_nothing_that_is_asked_of_the_outside_says_who_somebody_is() -> None:
    """Requests wait among what is due, and go into no log: nobody would blank them."""
    from argosy.platform.runtime import runtime

    for context in runtime().contexts.values():
        for name, target in context.calls().items():
            assert not personal_fields(target.request), f"{context.label}'s {name}"
