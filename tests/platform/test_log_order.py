"""No row of a log is ever passed over, however transactions commit."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connections, transaction

from argosy.engine.log import START, Position
from argosy.engine.store import Changes
from argosy.platform.sql_log import worker_log
from argosy.platform.told import Told
from tests.marketplace import Marketplace
from tests.platform.test_store_conformance import record

NAMES = {"inventory.StockReserved"}


def ids_of(marketplace: Marketplace, after: Position = START) -> list[str]:
    return [one.message_id for one in marketplace.runtime.stores["inventory"].log.read(after, NAMES, 100).records]


def insert(connection: psycopg.Connection[Any], name: str) -> None:
    one = record(name)
    connection.execute(
        "INSERT INTO inventory_outbox_events (epoch, message_id, aggregate_id, event_type, schema_version, lane, "
        "sequence, payload, correlation_id, cause_id, subject, created_at) VALUES (1, %s, %s, %s, 1, %s, 0, '{}', "
        "'c', 'x', '', now())",
        (one.message_id, one.key, one.wire_name, one.lane),
    )


@pytest.mark.postgres
def test_a_smaller_id_that_commits_later_is_still_read(marketplace: Marketplace) -> None:
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    log = marketplace.runtime.stores["inventory"].log
    with psycopg.connect(**where) as slow, psycopg.connect(**where) as quick:
        insert(slow, "one")
        insert(quick, "two")
        quick.commit()
        naive = quick.execute(
            "SELECT message_id::text FROM inventory_outbox_events WHERE id > 0 ORDER BY id"
        ).fetchall()
        assert [row[0] for row in naive] == [record("two").message_id], "an id-only cursor would now stand behind two"
        page = log.read(START, NAMES, 100)
        assert page.records == []
        assert not page.is_whole, "two is there, and nobody will ring for it again"
        slow.commit()
        assert log.read(START, NAMES, 100).is_whole
        assert [one.message_id for one in log.read(page.scanned_to, NAMES, 100).records] == [
            record("one").message_id,
            record("two").message_id,
        ]


@pytest.mark.postgres
def test_an_older_transaction_with_a_larger_id_is_read_behind_no_cursor(marketplace: Marketplace) -> None:
    """The transaction that began first may take its id last: a cursor of ids alone loses it even below xmin."""
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    log = marketplace.runtime.stores["inventory"].log
    with psycopg.connect(**where) as old, psycopg.connect(**where) as young:
        old.execute("SELECT pg_current_xact_id()")
        insert(young, "young")
        young.commit()
        insert(old, "old")
        page = log.read(START, NAMES, 100)
        assert page.records == []
        old.commit()
        found = log.read(page.scanned_to, NAMES, 100).records
        assert [one.message_id for one in found] == [record("old").message_id, record("young").message_id]
        assert found[0].position.id > found[1].position.id


@pytest.mark.postgres
def test_a_transaction_of_another_database_holds_nothing_back(marketplace: Marketplace) -> None:
    settings = connections["orders"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    store = marketplace.runtime.stores["inventory"]
    with psycopg.connect(**where) as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        store.commit(Changes(records=[record("one")]))
        page = store.log.read(START, NAMES, 100)
        assert [one.message_id for one in page.records] == [record("one").message_id]
        assert page.is_whole
        assert store.log.head() == page.scanned_to


@pytest.mark.postgres
def test_a_prepared_transaction_holds_back_what_is_younger(marketplace: Marketplace) -> None:
    """No session works on it any more."""
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    log = marketplace.runtime.stores["inventory"].log
    with psycopg.connect(**where, autocommit=True) as connection:
        if connection.execute("SHOW max_prepared_transactions").fetchone() == ("0",):
            pytest.skip("this server prepares no transactions")
        connection.execute("BEGIN")
        insert(connection, "one")
        connection.execute("PREPARE TRANSACTION 'argosy'")
        insert(connection, "two")
        page = log.read(START, NAMES, 100)
        connection.execute("COMMIT PREPARED 'argosy'")
    assert (page.records, page.is_whole) == ([], False)
    assert [one.message_id for one in log.read(page.scanned_to, NAMES, 100).records] == [
        record("one").message_id,
        record("two").message_id,
    ]


@pytest.mark.postgres
def test_transaction_ids_are_sorted_as_numbers(marketplace: Marketplace) -> None:
    """As text 100 comes before 99."""
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    with psycopg.connect(**where, autocommit=True) as connection:
        for number, xid in enumerate((99, 100)):
            insert(connection, f"m{number}")
            connection.execute(
                "UPDATE inventory_outbox_events SET xid = %s::text::xid8 WHERE message_id = %s",
                (str(xid), record(f"m{number}").message_id),
            )
    assert ids_of(marketplace) == [record("m0").message_id, record("m1").message_id]


@pytest.mark.postgres
def test_what_was_told_here_stands_among_what_others_told_and_waits_for_it(marketplace: Marketplace) -> None:
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    store = marketplace.runtime.stores["inventory"]
    log = worker_log(store.log)
    start = log.read(START, NAMES, 100).scanned_to
    mine = [record("one"), record("unheard", "inventory.Unheard"), record("two")]
    with psycopg.connect(**where) as old, psycopg.connect(**where) as young:
        insert(old, "old")
        store.commit(Changes(records=mine))
        insert(young, "young")
        young.commit()
        page = log.read(start, NAMES, 100)
        assert (page.records, page.scanned_to) == ([], start), "an older transaction may still tell something before it"
        old.commit()
    found = log.read(start, NAMES, 100).records
    assert [one.message_id for one in found] == [record(name).message_id for name in ("old", "one", "two", "young")]
    assert (found[1] is mine[0], found[2] is mine[2]) == (True, True), "it need not be sent again"
    assert found == sorted(found, key=lambda one: one.position)
    again = store.log.read(start, NAMES, 100).records
    assert [(one.message_id, one.position) for one in again] == [(one.message_id, one.position) for one in found]


@pytest.mark.postgres
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_of_what_was_told_here_and_elsewhere_leave_nothing_out(marketplace: Marketplace, limit: int) -> None:
    settings = connections["inventory"].get_connection_params()
    where = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    store = marketplace.runtime.stores["inventory"]
    log = worker_log(store.log)
    after = log.read(START, NAMES, 100).scanned_to
    with psycopg.connect(**where, autocommit=True) as other:
        for number in range(0, 9, 3):
            insert(other, f"m{number}")
            store.commit(Changes(records=[record(f"m{number + 1}"), record(f"m{number + 2}")]))
    found: list[str] = []
    while page := log.read(after, NAMES, limit).records:
        assert len(page) <= limit
        found += [one.message_id for one in page]
        after = log.read(after, NAMES, limit).scanned_to
    assert found == [record(f"m{number}").message_id for number in range(9)]


@pytest.mark.postgres
def test_what_is_rolled_back_was_never_told(marketplace: Marketplace) -> None:
    store = marketplace.runtime.stores["inventory"]
    log = worker_log(store.log)
    start = log.read(START, NAMES, 100).scanned_to
    with transaction.atomic(using="inventory"):
        store.commit(Changes(records=[record("never")]))
        transaction.set_rollback(True, using="inventory")
    store.commit(Changes(records=[record("one")]))
    assert [one.message_id for one in log.read(start, NAMES, 100).records] == [record("one").message_id]


def test_whole_transactions_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("argosy.platform.told.KEPT_RECORDS", 3)
    told = Told()
    told.add([record("unread")], Position(1, 5, 1))
    assert told.behind(START) == [], "nobody reads here"
    told.add([record("one"), record("two")], Position(1, 7, 11))
    told.add([record("three"), record("four")], Position(1, 9, 13))
    assert [one.xid for one in told.behind(START)] == [9]
    assert [one.position for one in told.behind(START)[0].records] == [Position(1, 9, 12), Position(1, 9, 13)]
    assert told.behind(Position(1, 9, 12)) == [], "a reader within it reads the rest from the log"
    assert told.behind(Position(1, 9, 13)) == []


def test_ids_are_not_used_again_after_the_last_row_is_gone(marketplace: Marketplace) -> None:
    store = marketplace.runtime.stores["inventory"]
    store.commit(Changes(records=[record("one")]))
    head = store.log.head()
    with connections["inventory"].cursor() as cursor:
        cursor.execute("DELETE FROM inventory_outbox_events")
    store.commit(Changes(records=[record("two")]))
    assert ids_of(marketplace, head) == [record("two").message_id]
