"""One context's database is put back from before some sales, while the rest lives on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

import pytest
from django.db import connections

from argosy.apps.cli.main import main
from argosy.apps.doctor.examination import CHECKS, Examination
from argosy.apps.doctor.healing import heal
from argosy.contracts.orders import CancelOrder
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.engine.store import StoreUnavailable
from argosy.platform.backups import CannotRestore, back_up
from argosy.platform.leases import KEEP_EVERY_SECONDS
from argosy.platform.restoring import restore
from argosy.platform.runtime import dialect_of
from argosy.platform.subscriptions import fix_starts
from argosy.shared_kernel.ids import Id
from tests.doctor.selling import payment_id, start
from tests.jobs.conftest import Time, file_of, forget_database, on_postgres
from tests.marketplace import Marketplace

LEDGER = "SELECT kind, count(*), sum(debit) FROM ledgers GROUP BY kind ORDER BY kind"
CHARGES = "SELECT count(*), sum(captured_amount), sum(refunded_amount) FROM payment_intents"


CORRECTIONS = (
    "SELECT operation, count(*) FROM gateway_differences WHERE side = 'recovered' GROUP BY operation ORDER BY operation"
)
OPEN_DIFFERENCES = "SELECT count(*) FROM gateway_differences WHERE closed_at IS NULL"
PAID_FOR = "SELECT sum(total_amount) FROM orders WHERE status IN ('PAID', 'REFUNDED')"


def done_at_the_gateway() -> list[tuple[str, str]]:
    """What it has approved of, in the order in which it was done."""
    gateway = TestGateway(book_path())
    found = [(line.key, line.transaction_id) for line in gateway.operations() if line.status == "approved"]
    gateway.close()
    return found


def sold(shop: Marketplace, *names: str) -> None:
    for name in names:
        start(shop, name)
    shop.drain()


def restored_after(shop: Marketplace, time: Time, label: str, folder: Path) -> None:
    """Two sales, a backup, two more; then yesterday's database is back, while the worker goes on."""
    sold(shop, "one", "two")
    backup = back_up(shop.runtime, label, folder)
    sold(shop, "three", "four")
    restore(shop.runtime, label, backup)
    shop.close()
    shop.drain()  # What others told is heard again at once, before any comparison finds it missing.
    time.pass_by(2_500)


def named(time: Time, shop: Marketplace) -> set[str]:
    """What the doctor names, once views are made anew."""
    found = Examination(shop.runtime, look_again_seconds=()).run(CHECKS)
    list(heal(shop.runtime, found))
    return set(time.violated())


@pytest.mark.parametrize("label", ["orders", "inventory", "payments", "promotions", "checkout"])
def test_what_others_told_since_is_heard_again(shop: Marketplace, time: Time, tmp_path: Path, label: str) -> None:
    """No buyer pays twice, and everybody who has paid has their goods: the same commands give the same rows."""
    restored_after(shop, time, label, tmp_path)
    assert shop.rows("orders", "SELECT status, count(*) FROM orders GROUP BY status") == [("PAID", 8)]
    [(payments, captured, refunded)] = shop.rows("payments", CHARGES)
    assert (payments, refunded) == (4, 0)
    assert sum(row[0] for row in shop.rows("orders", "SELECT total_amount FROM purchases")) == captured
    assert shop.rows("inventory", "SELECT sum(allocated), sum(reserved) FROM stock_items") == [(16, 0)]
    assert shop.rows("payments", "SELECT count(*) FROM gateway_differences") == [(0,)]
    assert named(time, shop) == set()


def by_another_process(*words: object) -> str:
    """What `argosy restore` says, run beside this process, whose worker and connections know nothing of it."""
    done = subprocess.run(
        [sys.executable, "-m", "argosy.apps.cli.main", "restore", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("label", ["orders", "inventory", "payments", "promotions", "checkout"])
def test_web_and_workers_that_run_meanwhile_go_on_in_the_new_life(
    shop: Marketplace, time: Time, tmp_path: Path, label: str
) -> None:
    """Nobody is stopped: the same process tells and works on, before, while and after the database is another."""
    sold(shop, "one", "two")
    backup = back_up(shop.runtime, label, tmp_path)
    sold(shop, "three", "four")
    assert f"{label} is back; life 2" in by_another_process(label, backup)
    sleep(KEEP_EVERY_SECONDS)
    shop.drain()
    with suppress(StoreUnavailable):  # Where it was not the worker that found out first, a request is.
        shop.rows(label, "SELECT 1")
    sold(shop, "five")
    assert shop.runtime.stores[label].log.epoch() == 2
    outbox = shop.runtime.stores[label].outbox
    lives = f"SELECT epoch, count(*), min(id) > (SELECT max(id) FROM {outbox} WHERE epoch = 1) FROM {outbox} "
    [(epoch, told, is_behind)] = shop.rows(label, f"{lives} WHERE epoch > 1 GROUP BY epoch")
    assert (epoch, told > 0, bool(is_behind)) == (2, True, True)
    time.pass_by(2_500)
    assert shop.rows("orders", "SELECT status, count(*) FROM orders GROUP BY status") == [("PAID", 10)]
    assert shop.rows("payments", CHARGES)[0][::2] == (5, 0)
    assert shop.rows("inventory", "SELECT sum(allocated), sum(reserved) FROM stock_items") == [(20, 0)]
    assert named(time, shop) == set()


def test_a_commit_that_waits_while_the_file_is_replaced_is_written_nowhere(
    shop: Marketplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has looked at the file before it got its turn; in the file that is gone it would be lost without a word."""
    file_of("carts")
    backup = back_up(shop.runtime, "carts", tmp_path)
    dialect = dialect_of("carts")
    held = dialect.lock.held

    @contextmanager
    def held_after_the_restore(*seconds: float) -> Iterator[None]:
        monkeypatch.setattr(dialect.lock, "held", held)
        by_another_process("carts", backup)
        with held(*seconds):
            yield

    monkeypatch.setattr(dialect.lock, "held", held_after_the_restore)
    with pytest.raises(StoreUnavailable, match="replaced"):
        dialect.commit([])
    assert dialect.query("SELECT max(epoch) FROM carts_log_epochs") == [(2,)]


def test_each_restore_begins_a_life_of_its_own_also_where_nobody_has_read_the_one_before(
    shop: Marketplace, time: Time, tmp_path: Path
) -> None:
    """A worker that has looked through the second life of a log, and applied nothing of it, must not stand beyond the
    third."""
    backup = back_up(shop.runtime, "carts", tmp_path)
    assert [restore(shop.runtime, "carts", backup) for _ in range(3)] == [2, 3, 4]


def test_a_lost_database_begins_anew_where_others_stand(shop: Marketplace, time: Time, tmp_path: Path) -> None:
    sold(shop, "one")
    forget_database(shop, "taxes")
    assert "taxes is back; life 3" in by_another_process("taxes", "--empty"), "what is there goes on in another life"
    heard = shop.rows("taxes", "SELECT source, min(position) FROM taxes_cursors GROUP BY source ORDER BY source")
    heads = {label: log.head().id for label, log in shop.runtime.logs.items()}
    assert heard and all(position == heads[source] for source, position in heard if source != "taxes")


def test_money_that_was_moved_from_outside_is_named_and_not_overwritten(
    shop: Marketplace, time: Time, tmp_path: Path
) -> None:
    """A refund that the office asked for is in no other log: the gateway alone remembers it."""
    from tests.doctor.selling import pay_back

    sold(shop, "one")
    backup = back_up(shop.runtime, "payments", tmp_path)
    pay_back(shop, "one", 500)
    restore(shop.runtime, "payments", backup)
    shop.close()
    before = shop.rows("payments", LEDGER)
    time.pass_by(2_500)
    assert shop.rows("payments", LEDGER) == before, "nothing is booked by itself"
    assert shop.rows("payments", "SELECT side, operation, amount FROM gateway_differences") == [
        ("gateway", "refund", 500)
    ]
    assert named(time, shop) == {"I19"}
    # A person decides: the same refund, asked for again under its own id, is the gateway's own answer once more.
    pay_back(shop, "one", 500)
    assert shop.rows(
        "payments", "SELECT refunded_amount FROM payment_intents WHERE id = ?", payment_id(shop, "one")
    ) == [(500,)]
    assert named(time, shop) == set()


@pytest.mark.parametrize("captures", ["whole", "order"])
def test_payments_from_hours_ago_are_led_back_to_the_truth(
    shop: Marketplace, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captures: str
) -> None:
    """What was sold, undone and paid back since is heard again long after its time: the gateway is asked what it did,
    and for nothing new, and each correction is named."""
    monkeypatch.setenv("ARGOSY_CAPTURE", captures)
    fix_starts(shop.runtime)  # As `argosy migrate` does: whom a context hears, it has heard since then.
    sold(shop, "one")
    backup = back_up(shop.runtime, "payments", tmp_path)
    sold(shop, "two", "three")
    start(shop, "declined", source="tok_decline")
    start(shop, "declined late", source="tok_decline_capture")
    shop.drain()
    [(order_id,), _] = shop.rows(
        "orders", "SELECT id FROM orders WHERE payment_id = ? ORDER BY id", payment_id(shop, "three")
    )
    shop.do("orders", CancelOrder(order_id=Id(str(order_id)), reason="broken"))
    time.pass_by(4 * 3_600, step=1_800)
    before, money = done_at_the_gateway(), shop.rows("payments", CHARGES)
    booked = shop.rows("payments", "SELECT name, balance FROM ledger_accounts ORDER BY name")
    restore(shop.runtime, "payments", backup)
    shop.close()
    sold(shop, "four")
    time.pass_by(2_500)
    assert done_at_the_gateway()[: len(before)] == before, "nobody was charged or paid back once more"
    assert len(done_at_the_gateway()) == len(before) + (2 if captures == "whole" else 3), "but for the new sale"
    statuses = shop.rows("payments", "SELECT status, count(*) FROM payment_intents GROUP BY status ORDER BY status")
    assert dict(statuses) == {"CAPTURED": 3, "FAILED": 1, "PARTIALLY_REFUNDED": 1, "VOIDED": 1}
    [(payments, captured, refunded)] = shop.rows("payments", CHARGES)
    assert (payments - money[0][0], refunded) == (1, money[0][2])
    assert captured == sum(row[0] for row in shop.rows("orders", PAID_FOR))
    assert shop.rows("payments", CORRECTIONS) == [
        ("capture", 2 if captures == "whole" else 4),
        ("refund", 1),
    ]
    assert shop.rows("payments", OPEN_DIFFERENCES) == [(0,)], "what was named before it was heard again is closed"
    assert dict(booked).keys() <= dict(shop.rows("payments", "SELECT name, balance FROM ledger_accounts")).keys()
    assert named(time, shop) == set()


def test_a_backup_is_one_moment_and_what_was_there_is_kept(shop: Marketplace, time: Time, tmp_path: Path) -> None:
    sold(shop, "one")
    backup = back_up(shop.runtime, "orders", tmp_path)
    assert not list(tmp_path.glob("*.part"))
    sold(shop, "two")
    restore(shop.runtime, "orders", backup)
    shop.close()
    assert shop.rows("orders", "SELECT count(*) FROM orders") == [(2,)]
    if on_postgres():
        known = "SELECT datname, datallowconn FROM pg_database WHERE datname LIKE ? ORDER BY datname"
        [(database, may_look), *_] = shop.rows("accounts", known, "%orders_db_before_restore_%")
        assert may_look
        connections["default"].cursor().execute(f'DROP DATABASE "{database}" WITH (FORCE)')
    else:
        [kept] = Path(shop.runtime.var).glob("orders_db.before-restore-*")
        kept.unlink()


def test_what_is_no_backup_is_refused_and_nothing_changes(shop: Marketplace, tmp_path: Path) -> None:
    backup = back_up(shop.runtime, "orders", tmp_path)
    before = shop.rows("payments", CHARGES)
    (tmp_path / "text").write_text("no database")
    for file, why in (
        (backup, "is no backup of payments"),
        (tmp_path / "text", "kept in"),
        (tmp_path / "nothing", "there is no file"),
    ):
        with pytest.raises(CannotRestore, match=why):
            restore(shop.runtime, "payments", file)
    with pytest.raises(CannotRestore, match="argosy rebuild all"):
        restore(shop.runtime, "search", backup)
    assert shop.rows("payments", CHARGES) == before


def test_the_commands_say_what_they_did(shop: Marketplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop.close()
    assert main(["backup", "carts", str(tmp_path)]) == 0
    [file] = tmp_path.iterdir()
    assert capsys.readouterr().out.startswith(f"carts: {file} (")
    assert main(["restore", "carts", str(file)]) == 0
    assert "carts is back; life 2 of its log has begun" in capsys.readouterr().out
    assert main(["restore", "carts", "--empty"]) == 0
    assert "life 3" in capsys.readouterr().out
    for words in (["backup", "nowhere", str(tmp_path)], ["restore", "nowhere", str(file)], ["restore", "carts"]):
        assert main(words) == 1
        assert capsys.readouterr().err.count("\n") == 1
