"""People: nothing is left of those who were erased but their id (I41)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

import msgspec

from argosy.apps.doctor.archives import records
from argosy.apps.doctor.check import Check, Violation
from argosy.apps.doctor.databases import Databases
from argosy.contracts.accounts import PersonErased
from argosy.contracts.orders import Address
from argosy.engine.log import START, Record
from argosy.engine.people import blanked, blanked_timer, names_about_people, subject_of, tells_of
from argosy.engine.store import TIMER, Due
from argosy.shared_kernel.codec import decode

LOGS_SECONDS = 3_600
"""By when every database has heard of an erasure and forgotten."""

ARCHIVES_DAYS = 1
"""By when a worker has gone through the archives: it looks every ten minutes."""

_RECORD = msgspec.json.Decoder(Record)
_PAGE = 1_000


class _Shown(msgspec.Struct):
    """The part of an order's document that is about a person."""

    address: msgspec.Raw


def forgotten(databases: Databases) -> Iterator[Violation]:
    """Accounts first: whoever is erased there is to be forgotten everywhere."""
    told = _erased(databases, timedelta(seconds=LOGS_SECONDS))
    yield from _accounts(databases)
    if not told:
        return
    archived = _erased(databases, timedelta(days=ARCHIVES_DAYS))
    for context in databases.runtime.contexts.values():
        if context.outbox:
            yield from _log(databases, context.label, told)
            for record in records(databases, context.label) if archived else ():
                if tells_of(record, archived):
                    yield _left(f"{context.label}'s archive {record.message_id}", record)
        table = f"{context.table_prefix}_parked"
        for id, text in databases.stream(context.label, f"SELECT id, record FROM {table} ORDER BY id"):
            record = _RECORD.decode(text)
            if tells_of(record, told):
                yield _left(f"{table} {id}", record)
        yield from _due(databases, f"{context.table_prefix}_due", context.label, told)
        yield from _answers(databases, f"{context.table_prefix}_idempotency_keys", context.label, told)
    yield from _documents(databases, told)


def _erased(databases: Databases, since: timedelta) -> set[str]:
    """People whose erasure was told at least so long ago."""
    log, after, people = databases.runtime.logs["accounts"], START, set[str]()
    while True:
        page = log.read(after, {PersonErased.wire_name}, _PAGE)
        for record in page.records:
            if record.created_at <= databases.now - since:
                event = decode(record.wire_name, record.version, record.payload)
                assert isinstance(event, PersonErased)
                people.add(event.user_id)
        after = page.scanned_to
        if len(page.records) < _PAGE:
            return people


def _accounts(databases: Databases) -> Iterator[Violation]:
    for (id,) in databases.stream(
        "accounts",
        "SELECT u.id FROM users u JOIN user_profiles p ON p.user_id = u.id WHERE u.status = 'ERASED' AND "
        "(u.password_hash <> '' OR u.email NOT LIKE ? OR p.first_name <> '' OR p.last_name <> '' OR "
        "p.phone <> '' OR CAST(p.address_json AS text) <> '[]') ORDER BY u.id",
        "%@erased.invalid",
    ):
        yield Violation(f"users {id}", "was erased, and their account still says who they were")
    for id, user_id in databases.stream(
        "accounts",
        "SELECT s.id, s.user_id FROM user_sessions s JOIN users u ON u.id = s.user_id WHERE u.status = 'ERASED' "
        "ORDER BY s.id",
    ):
        yield Violation(f"user_sessions {id}", f"is a session of {user_id}, who was erased")
    for (id,) in databases.stream(
        "accounts",
        "SELECT m.id FROM store_members m JOIN users u ON u.id = m.user_id WHERE u.status = 'ERASED' ORDER BY m.id",
    ):
        yield Violation(f"store_members {id}", "is a place in a team, of somebody who was erased")
    for (id,) in databases.stream(
        "accounts", "SELECT id FROM guest_buyers WHERE erasure = 'DONE' AND email <> '' ORDER BY id"
    ):
        yield Violation(f"guest_buyers {id}", "was erased, and it still says how this guest was reached")
    for table in ("user_proofs", "user_second_factors", "user_passkeys", "user_identities", "user_email_changes"):
        for id, user_id in databases.stream(
            "accounts",
            f"SELECT k.id, k.user_id FROM {table} k JOIN users u ON u.id = k.user_id WHERE u.status = 'ERASED' "
            "ORDER BY k.id",
        ):
            yield Violation(f"{table} {id}", f"is a credential of {user_id}, who was erased")


def _log(databases: Databases, label: str, people: Collection[str]) -> Iterator[Violation]:
    log = databases.runtime.stores[label].log
    marks = ", ".join("?" for _ in people)
    payload = log.dialect.selected("payload", "jsonb")
    for message_id, wire_name, version, text, subject, at in databases.stream(
        label,
        f"SELECT message_id, event_type, schema_version, {payload}, subject, created_at FROM {log.table} "
        f"WHERE subject IN ({marks}) ORDER BY id",
        *people,
    ):
        record = Record(
            message_id, wire_name, version, "", 0, 0, text, "", "", subject, databases.time(label, at), START
        )
        if tells_of(record, people):
            yield _left(f"{log.table} {message_id}", record)


def _due(databases: Databases, table: str, label: str, people: Collection[str]) -> Iterator[Violation]:
    names = names_about_people()
    for id, name, version, payload in databases.stream(
        label,
        f"SELECT id, name, version, payload FROM {table} WHERE kind = 'timer' AND "
        f"name IN ({', '.join('?' for _ in names)}) ORDER BY id",
        *names,
    ):
        timer = Due(id, TIMER, name, "", databases.now, payload, "", "", version)
        if blanked_timer(timer, people) != payload:
            yield Violation(f"{table} {id}", f"({name}) is to tell of {subject_of(name, payload)}, who was erased")


def _answers(databases: Databases, table: str, label: str, people: Collection[str]) -> Iterator[Violation]:
    marks = ", ".join("?" for _ in people)
    for id, actor in databases.stream(
        label, f"SELECT id, actor FROM {table} WHERE actor IN ({marks}) ORDER BY id", *people
    ):
        yield Violation(f"{table} {id}", f"keeps what {actor} was answered, who was erased")


def _documents(databases: Databases, people: Collection[str]) -> Iterator[Violation]:
    marks = ", ".join("?" for _ in people)
    for table in ("order_list_view", "order_list_view_b"):
        for id, body in databases.stream(
            "search", f"SELECT order_id, body FROM {table} WHERE buyer_id IN ({marks}) ORDER BY order_id", *people
        ):
            address = bytes(msgspec.json.decode(body, type=_Shown).address).decode()
            if blanked(Address, address) != address:
                yield Violation(f"{table} {id}", "shows where an erased person's parcel went")
    for id, text in databases.stream(
        "checkout",
        f"SELECT d.id, d.request FROM checkout_details d JOIN checkout_sessions s ON s.id = d.id "
        f"WHERE s.user_id IN ({marks}) ORDER BY d.id",
        *people,
    ):
        address = bytes(msgspec.json.decode(text, type=_Shown).address).decode()
        if blanked(Address, address) != address:
            yield Violation(f"checkout_details {id}", "keeps the address of an erased person")
    for (id,) in databases.stream(
        "payments",
        "SELECT m.id FROM store_credit_movements m JOIN store_credits c ON c.id = m.credit_id "
        f"WHERE m.reason <> '' AND c.buyer_id IN ({marks}) ORDER BY m.id",
        *people,
    ):
        yield Violation(f"store_credit_movements {id}", "keeps why an erased person was given store credit")


def _left(where: str, record: Record) -> Violation:
    return Violation(where, f"({record.wire_name}) still tells of {record.subject}, who was erased")


CHECKS = (Check("I41", "of people who were erased nothing is left but their ids and what the law keeps", forgotten),)
