"""A person who is erased leaves every log, archive and document, and takes nobody else's traces along."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from argosy.apps.doctor.rounds import InBackground
from argosy.contracts.accounts import ErasePerson, RegisterUser, SignIn
from argosy.contracts.payments_credit import IssueCredit
from argosy.engine import consumer
from argosy.engine.store import TIMER, Changes, Due, IdempotencyKey, Parked
from argosy.engine.work import Actor
from argosy.platform import archiving
from argosy.platform.archived import segments_of
from argosy.platform.archived_people import must_forget
from argosy.platform.archiving import Archiver, alone
from argosy.platform.forgetting_rounds import JOB, ForgettingRounds
from argosy.platform.storage import folder
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Event, Personal
from tests.doctor.planting import violated
from tests.doctor.selling import start
from tests.marketplace import Marketplace
from tests.platform.test_archiving import Dies, Mortal, everything, keep_segments, segments_in


class CustomerTold(Event, key="customer_id", subject="customer_id"):
    customer_id: str
    street: Personal[str]


ANA, EVA = named_id("doctor", "buyer", "Ana"), named_id("doctor", "buyer", "Eva")
STREET = "Rua das Flores 12"
TOLD = ("accounts", "checkout", "orders")


@pytest.fixture
def place(sold: Marketplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Marketplace:
    """Ana and Eva have bought the same things and sent them to the same street."""
    monkeypatch.setattr(consumer, "IDLE_LANE_LAG", 0)
    monkeypatch.setattr(archiving, "SEGMENT_ROWS", 20)
    keep_segments(sold, segments_in(tmp_path / "archive"), monkeypatch)
    for id, name in ((ANA, "Ana"), (EVA, "Eva")):
        sold.do(
            "accounts",
            RegisterUser(email=f"{name}@example.com", password="correct horse", first_name=name, user_id=id),
        )
        start(sold, name)
    sold.do("accounts", SignIn(email="ana@example.com", password="correct horse"))
    sold.drain()
    return sold


def close_orders(place: Marketplace, buyer: Id) -> None:
    place.rows("orders", "UPDATE orders SET status = 'CLOSED' WHERE buyer_id = ?", buyer)


def erase(place: Marketplace, person: Id) -> None:
    """Asked for, found to be owed nothing, and told when its hour has passed."""
    close_orders(place, person)
    place.do("accounts", ErasePerson(), Actor(id=person, roles=frozenset({"buyer"})))
    place.drain()
    let_the_hour_pass(place)


def let_the_hour_pass(place: Marketplace) -> None:
    soon = place.runtime.clock.now() - timedelta(seconds=1)
    dialect = place.runtime.stores["accounts"].dialect
    assert place.rows("accounts", "SELECT id FROM accounts_due WHERE name = 'accounts.TellErasure'")
    place.rows(
        "accounts", "UPDATE accounts_due SET due_at = ? WHERE name = 'accounts.TellErasure'", dialect.instant(soon)
    )
    place.drain()


def rows_about(place: Marketplace, person: Id, saying: str) -> dict[str, int]:
    """Of the whole log of each context, archive and table: how many records about a person say this."""
    return {
        label: sum(saying in record.payload for record in everything(place, 100, label) if record.subject == person)
        for label in TOLD
    }


def archive(place: Marketplace) -> None:
    """All that everybody has passed: a second look at everything brings the quiet lanes along."""
    place.drain()
    now = place.runtime.clock.now()
    for label in place.runtime.stores:
        Archiver(place.runtime, label, now).run()


def erasure_of(place: Marketplace, person: Id) -> Any:
    [row] = place.rows("accounts", "SELECT status, erasure FROM users WHERE id = ?", person)
    return row


def test_who_has_open_orders_stays_until_they_are_closed(place: Marketplace) -> None:
    place.do("accounts", ErasePerson(), Actor(id=ANA, roles=frozenset({"buyer"})))
    place.drain()
    assert erasure_of(place, ANA) == ("ACTIVE", "HELD")
    assert place.rows("accounts", "SELECT count(*) FROM user_sessions WHERE user_id = ?", ANA) == [(1,)]
    close_orders(place, ANA)
    place.do("accounts", ErasePerson(), Actor(id=ANA, roles=frozenset({"buyer"})))
    place.drain()
    assert erasure_of(place, ANA) == ("ERASED", "DONE")
    assert place.rows("accounts", "SELECT count(*) FROM user_sessions WHERE user_id = ?", ANA) == [(0,)]
    assert place.rows("accounts", "SELECT email, password_hash FROM users WHERE id = ?", ANA) == [
        (f"{ANA}@erased.invalid", "")
    ]
    assert erasure_of(place, EVA) == ("ACTIVE", "")


def test_everybody_forgets_the_erased_and_nobody_else(place: Marketplace) -> None:
    before = rows_about(place, EVA, STREET)
    assert before == {"accounts": 0, "checkout": 1, "orders": 2}
    assert rows_about(place, ANA, STREET) == before
    erase(place, ANA)
    assert rows_about(place, ANA, STREET) == dict.fromkeys(TOLD, 0)
    assert rows_about(place, ANA, "ana@example.com") == dict.fromkeys(TOLD, 0)
    assert rows_about(place, ANA, ANA)["orders"] == 2, "that something was told stays"
    assert rows_about(place, EVA, STREET) == before
    shown = {
        str(row[0]): STREET in row[1]
        for row in place.rows("search", "SELECT DISTINCT buyer_id, body FROM order_list_view")
    }
    assert shown[ANA] is False
    assert shown[EVA] is True
    requests = {
        str(row[0]): STREET in row[1]
        for row in place.rows(
            "checkout", "SELECT s.user_id, d.request FROM checkout_sessions s JOIN checkout_details d ON d.id = s.id"
        )
    }
    assert (requests[ANA], requests[EVA]) == (False, True)
    kept = place.rows("orders", "SELECT CAST(address_json AS text) FROM orders WHERE buyer_id = ?", ANA)
    assert all(STREET in text for (text,) in kept), "the record of the sale stays, as the law has it"
    assert later(place) == []


def later(place: Marketplace) -> list[str]:
    """What the doctor finds of people when all time for forgetting has passed; closed orders were not closed by use."""
    return violated(place, later=8 * 24 * 3_600).get("I41", [])


def test_parked_messages_forget_as_well(place: Marketplace) -> None:
    [record] = [one for one in everything(place, 100, "orders") if one.subject == ANA][:1]
    store = place.runtime.stores["payments"]
    store.commit(Changes(parked=[Parked("payments", "orders", record, 1, place.runtime.clock.now(), "planted")]))
    assert STREET in place.rows("payments", "SELECT record FROM payments_parked")[0][0]
    erase(place, ANA)
    [(text,)] = place.rows("payments", "SELECT record FROM payments_parked")
    assert STREET not in text
    assert ANA in text


def planned(person: Id) -> Due:
    """A message about a person that is told tomorrow; none of today's is, and the first one must not be forgotten."""
    told = CustomerTold(customer_id=person, street=STREET)
    at = datetime(2030, 1, 1, tzinfo=UTC)
    payload = encode(told).decode()
    return Due(f"letter:{person}", TIMER, CustomerTold.wire_name, person, at, payload, "", "")


def answered(person: Id) -> IdempotencyKey:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return IdempotencyKey(person, "POST /x", "key", "hash", 201, f'{{"street":"{STREET}"}}', at)


def test_what_is_due_and_what_was_answered_is_forgotten_as_well(place: Marketplace) -> None:
    store = place.runtime.stores["payments"]
    for person in (ANA, EVA):
        store.commit(Changes(due={planned(person).id: planned(person)}, idempotency_key=answered(person)))
    due = "SELECT key, payload FROM payments_due WHERE id LIKE 'letter:%' ORDER BY key"
    erase(place, ANA)
    assert {key: STREET in payload for key, payload in place.rows("payments", due)} == {ANA: False, EVA: True}
    assert {key: key in payload for key, payload in place.rows("payments", due)} == {ANA: True, EVA: True}
    assert store.answer(ANA, "POST /x", "key") is None
    assert store.answer(EVA, "POST /x", "key") == answered(EVA)
    assert later(place) == []
    store.commit(Changes(due={planned(ANA).id: planned(ANA)}, idempotency_key=answered(ANA)))
    assert [line.split(" ")[0] for line in later(place)] == ["payments_due", "payments_idempotency_keys"]
    place.rows("payments", "DELETE FROM payments_due WHERE id LIKE 'letter:%'")


def test_why_somebody_was_given_credit_is_forgotten_and_the_credit_is_forfeited(place: Marketplace) -> None:
    staff = Actor(id=named_id("staff"), roles=frozenset({"staff"}))
    for person in (ANA, EVA):
        place.do("payments", IssueCredit(buyer_id=person, amount=500, currency="EUR", reason="she is ill"), staff)
    reasons = (
        "SELECT buyer_id, c.balance, reason FROM store_credits c JOIN store_credit_movements m ON credit_id = c.id"
    )
    erase(place, ANA)
    found = {str(buyer): (balance, reason) for buyer, balance, reason in place.rows("payments", reasons)}
    assert found == {ANA: (0, ""), EVA: (500, "she is ill")}
    assert later(place) == []
    place.rows("payments", "UPDATE store_credit_movements SET reason = 'x'")
    assert {line.split(" ")[0] for line in later(place)} == {"store_credit_movements"}


def test_the_archive_forgets_with_the_next_archiving(place: Marketplace) -> None:
    archive(place)
    before = {label: everything(place, 100, label) for label in TOLD}
    erase(place, ANA)
    assert rows_about(place, ANA, STREET)["orders"] == 2, "not gone through yet"
    assert len(later(place)) >= 3
    archive(place)
    assert rows_about(place, ANA, STREET) == dict.fromkeys(TOLD, 0)
    assert rows_about(place, EVA, STREET) == {"accounts": 0, "checkout": 1, "orders": 2}
    for label in TOLD:
        now = everything(place, 100, label)[: len(before[label])]
        assert [one.position for one in now] == [one.position for one in before[label]]
        assert [one for one in now if one.subject != ANA] == [one for one in before[label] if one.subject != ANA]
        listed = [segment.name for segment in segments_of(place.runtime, label)]
        assert sorted(listed) == place.runtime.segments.names(label), "no earlier revision is left"
    assert any(".r2." in name for name in place.runtime.segments.names("orders"))
    assert later(place) == []


def test_a_worker_has_archives_forget_by_itself(place: Marketplace) -> None:
    archive(place)
    rounds = ForgettingRounds(place.runtime, place.runtime.contexts)
    assert rounds.turn() == 0, "nobody was erased"
    erase(place, ANA)
    assert (rows_about(place, ANA, STREET)["orders"], len(later(place)) >= 3) == (2, True)
    with alone(place.runtime, "orders"):
        rounds.turn()
        assert rows_about(place, ANA, STREET)["orders"] == 2, "somebody else is at it"
    background = InBackground(rounds, rest_seconds=0.01, job=JOB)
    background.start()
    give_up = monotonic() + 20
    while any(must_forget(place.runtime, label) for label in TOLD) and monotonic() < give_up:
        sleep(0.05)
    background.stop()
    assert rows_about(place, ANA, STREET) == dict.fromkeys(TOLD, 0)
    assert later(place) == []
    assert rounds.turn() == 0, "once is enough"


def test_what_is_archived_unheard_is_forgotten_too(place: Marketplace) -> None:
    """The erasure is told, and a context's worker has not heard of it: its log stays where it can be blanked."""
    place.close()
    close_orders(place, ANA)
    place.do("accounts", ErasePerson(), Actor(id=ANA, roles=frozenset({"buyer"})))
    place.drain()
    [deaf] = [one for one in place.worker.consumers if one.subscription == "orders.people"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deaf, "step", lambda: 0)
        let_the_hour_pass(place)
        assert Archiver(place.runtime, "orders", place.runtime.clock.now()).run() == (0, 0, "orders.people")
    place.drain()
    assert rows_about(place, ANA, STREET)["orders"] == 0
    archive(place)
    assert later(place) == []


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_dying_while_the_archive_is_rewritten_loses_nothing(place: Marketplace, is_after: bool, tmp_path: Path) -> None:
    archive(place)
    before = [one for one in everything(place, 100, "orders") if one.subject != ANA]
    erase(place, ANA)
    died = 0
    for at in range(1, 60):
        mortal = Mortal(at, is_after=is_after)
        with pytest.MonkeyPatch.context() as patch:
            dialect = place.runtime.stores["orders"].dialect
            patch.setattr(dialect, "commit", mortal.wrap(dialect.commit))
            patch.setattr(Path, "rename", mortal.wrap(Path.rename))
            patch.setattr(Path, "unlink", mortal.wrap(Path.unlink))
            patch.setattr(folder, "_sync", mortal.wrap(folder._sync))
            try:
                Archiver(place.runtime, "orders", place.runtime.clock.now()).run()
            except Dies:
                died += 1
        place.rows("orders", "UPDATE orders_leases SET holder = '' WHERE name = 'archive'")
        assert [one for one in everything(place, 100, "orders") if one.subject != ANA][: len(before)] == before
        if mortal.left > 0:
            break
    assert died >= 5
    assert rows_about(place, ANA, STREET)["orders"] == 0
    folder_of_orders = tmp_path / "archive" / "orders"
    assert not any(
        STREET.encode() in line and ANA.encode() in line
        for path in folder_of_orders.iterdir()
        for line in gzip.decompress(path.read_bytes()).splitlines()
    )


def test_what_is_left_of_the_erased_is_reported(place: Marketplace) -> None:
    erase(place, ANA)
    assert later(place) == []
    is_postgres = place.runtime.stores["orders"].dialect.vendor == "postgresql"
    payload = (
        """jsonb_set(payload, '{address,city}', '"X"')""" if is_postgres else "json_set(payload, '$.address.city', 'X')"
    )
    place.rows("orders", f"UPDATE orders_outbox_events SET payload = {payload} WHERE subject = ?", ANA)
    place.rows("accounts", "UPDATE user_profiles SET first_name = 'Ana' WHERE user_id = ?", ANA)
    place.rows("search", 'UPDATE order_list_view SET body = replace(body, \'"city":""\', \'"city":"X"\')')
    place.rows("checkout", 'UPDATE checkout_details SET request = replace(request, \'"city":""\', \'"city":"X"\')')
    found = later(place)
    assert [line.split(" ")[0] for line in found] == [
        "users",
        "orders_outbox_events",
        "orders_outbox_events",
        "order_list_view",
        "order_list_view",
        "checkout_details",
    ]
