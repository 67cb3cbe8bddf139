"""What the doctor heals, it heals by asking: each cure is seen to mend what was broken, and to touch nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from argosy.apps.doctor import databases as doctors_databases
from argosy.apps.doctor import main as doctor
from argosy.apps.doctor.databases import PAGE, Databases
from argosy.apps.doctor.examination import Examination, chosen
from argosy.apps.doctor.healing import heal
from argosy.apps.doctor.stock import ended
from argosy.contracts.promotions import CreatePromotion, PromotionTerms
from argosy.shared_kernel.ids import named_id
from tests.doctor.planting import LaterClock, write
from tests.doctor.selling import COUPON, open_shop, start
from tests.doctor.test_violations import document_missing
from tests.marketplace import Marketplace

BOOKS = ("SELECT count(*), max(position), max(hash) FROM ledgers", "SELECT count(*), sum(balance) FROM ledger_accounts")
STOCK = (
    "SELECT sum(total_quantity), sum(reserved), sum(allocated), sum(available_quantity), sum(version) FROM stock_items"
)


def healed(place: Marketplace, *ids: str) -> list[str]:
    """What was done about violations of these, which are then looked for again."""
    examination = Examination(place.runtime, look_again_seconds=())
    found = examination.run(chosen(ids))
    assert {one.check.id for one in found if not one.is_sound} == set(ids), "each was broken"
    done = [f"{one.check}: {one.did}" for one in heal(place.runtime, found)]
    place.drain()
    assert [one.check.id for one in examination.run(chosen(ids)) if not one.is_sound] == []
    return done


def a_forgotten_checkout(place: Marketplace) -> None:
    """Stock and a coupon are held, and nobody goes on; their time was up long ago."""
    open_shop(place)
    start(place, "forgotten", source="tok_action", coupons=(COUPON,))
    place.drain()
    place.close()
    place.rows("checkout", "DELETE FROM checkout_due")
    place.rows("inventory", "UPDATE stock_reservations SET expires_at = '2020-01-01 00:00:00.000001'")
    place.rows("inventory", "UPDATE reservations SET open_until = '2020-01-01 00:00:00.000001'")
    place.rows("promotions", "UPDATE coupon_redemptions SET expires_at = '2020-01-01 00:00:00.000001'")


def test_missed_sweeps_are_made_by_their_own_contexts(marketplace: Marketplace) -> None:
    a_forgotten_checkout(marketplace)
    money = [marketplace.rows("payments", sql) for sql in BOOKS]
    assert healed(marketplace, "I04", "I27") == [
        "I04: sent inventory.ExpireReservations to inventory",
        "I27: sent promotions.ExpireCouponUses to promotions",
    ]
    assert marketplace.rows("inventory", "SELECT DISTINCT status FROM reservations") == [("EXPIRED",)]
    assert marketplace.rows("promotions", "SELECT uses_reserved, uses_consumed FROM coupons") == [(0, 0)]
    assert [marketplace.rows("payments", sql) for sql in BOOKS] == money


def test_counters_of_uses_follow_the_uses(marketplace: Marketplace) -> None:
    open_shop(marketplace)
    terms = PromotionTerms(effect="percentage", basis_points=100, units_max=50)
    ends_at = datetime(2999, 1, 1, tzinfo=UTC)
    marketplace.do("promotions", CreatePromotion(name="Deal", terms=terms, ends_at=ends_at))
    start(marketplace, "approved", coupons=(COUPON,))
    marketplace.drain()
    marketplace.close()
    read = (
        "SELECT uses_reserved, uses_consumed FROM coupons",
        "SELECT units_reserved, units_sold FROM promotions",
        "SELECT uses FROM coupon_buyer_uses",
    )
    true = [marketplace.rows("promotions", statement) for statement in read]
    assert true[0] == [(0, 1)] and true[1][0][1] > 0 and true[2] == [(1,)]
    marketplace.rows("promotions", "UPDATE coupons SET uses_reserved = 2, uses_consumed = 0")
    marketplace.rows("promotions", "UPDATE promotions SET units_reserved = 7, units_sold = 0")
    marketplace.rows("promotions", "UPDATE coupon_buyer_uses SET uses = 5")
    assert healed(marketplace, "I27") == ["I27: sent promotions.ReconcileUses to promotions"]
    assert [marketplace.rows("promotions", statement) for statement in read] == true


def test_asking_for_a_sweep_twice_releases_once(marketplace: Marketplace) -> None:
    a_forgotten_checkout(marketplace)
    found = Examination(marketplace.runtime, look_again_seconds=()).run(chosen(["I04"]))
    for _ in range(2):
        list(heal(marketplace.runtime, found))
    marketplace.drain()
    after = marketplace.rows("inventory", STOCK)
    list(heal(marketplace.runtime, found))
    marketplace.drain()
    assert marketplace.rows("inventory", STOCK) == after


def test_a_checkout_that_nothing_would_end_is_ended_by_checkout(marketplace: Marketplace) -> None:
    open_shop(marketplace)
    start(marketplace, "forgotten", source="tok_action")
    marketplace.drain()
    marketplace.close()
    marketplace.rows("checkout", "DELETE FROM checkout_due")
    assert healed(marketplace, "I33") == ["I33: sent checkout.RetryCheckout to checkout"]
    assert marketplace.rows("checkout", "SELECT count(*) FROM checkout_due WHERE id LIKE 'deadline:%'") == [(1,)]


def test_what_recurs_is_planned_again(sold: Marketplace) -> None:
    sold.worker.drain()
    sold.rows("inventory", "DELETE FROM inventory_due WHERE cause_id = 'every:'")
    [line] = healed(sold, "I28")
    assert line.startswith("I28: planned inventory.")
    assert "inventory.ExpireReservations" in line
    assert sold.rows("inventory", "SELECT count(*) FROM inventory_due WHERE name = 'inventory.ExpireReservations'") == [
        (1,)
    ]


def test_a_view_that_differs_is_made_anew(sold: Marketplace) -> None:
    document_missing(sold)
    [line] = healed(sold, "I38")
    assert line.startswith("I38: rebuilt order_history from ")


def test_a_view_that_lags_is_made_anew(sold: Marketplace) -> None:
    """Its messages are an hour old, and its cursors stand at the beginning."""
    later = Examination(sold.runtime, look_again_seconds=(), clock=LaterClock(3_600))
    sold.rows(
        "search", "UPDATE search_cursors SET epoch = 0, xid = 0, position = 0 WHERE subscription LIKE 'catalogue%'"
    )
    found = later.run(chosen(["I28"]))
    assert [one.did.split(" from ")[0] for one in heal(sold.runtime, found)] == ["rebuilt catalogue"]
    assert later.run(chosen(["I28"]))[0].is_sound


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        ("I01", lambda place: write(place, "inventory", "stock_movements", "DELETE FROM stock_movements")),
        ("I09", lambda place: write(place, "payments", "ledger_accounts", "UPDATE ledger_accounts SET balance = 1")),
    ],
)
def test_money_and_stock_are_never_healed(sold: Marketplace, check: str, plant: Callable[[Marketplace], None]) -> None:
    plant(sold)
    found = Examination(sold.runtime, look_again_seconds=()).run(chosen([check]))
    assert not found[0].is_sound
    assert list(heal(sold.runtime, found)) == []


def test_the_command_says_what_it_did(
    sold: Marketplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document_missing(sold)
    monkeypatch.setattr(doctor, "HEALED_AFTER_SECONDS", (0.0,))
    assert doctor.examine(only=["I38"]) == doctor.VIOLATED
    assert "or by `argosy doctor --fix`" in capsys.readouterr().out
    assert doctor.examine(only=["I38"], is_healing=True, is_json=True) == doctor.SOUND
    told = json.loads(capsys.readouterr().out)
    assert told["sound"]
    assert [(one["id"], one["did"].split(" from ")[0]) for one in told["healed"]] == [("I38", "rebuilt order_history")]


def test_waiting_invariants_say_what_they_wait_for(sold: Marketplace, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.examine(only=["I16"]) == doctor.SOUND
    assert "(waits for refund cases, which refund by line)" in capsys.readouterr().out


def test_a_big_table_is_never_held(sold: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in rows: at most two pages live at a time, however many there are to read and to complain about."""
    rows = 6 * PAGE
    many = [
        f"('{named_id('many', str(n))}', 1, 0, '{named_id('flow', str(n))}', 'ACTIVE', '2020-01-01', '2020-01-01')"
        for n in range(rows)
    ]
    columns = "(id, version, sequence, flow_id, status, open_until, created_at)"
    write(sold, "inventory", "reservations", f"INSERT INTO reservations {columns} VALUES {', '.join(many)}")
    alive = most = 0

    class Counted(tuple):  # type: ignore[type-arg]
        """A row that is counted while it is held."""

        def __new__(cls, values: tuple[object, ...]) -> Counted:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)
            return super().__new__(cls, values)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    pages = Databases._pages
    monkeypatch.setattr(Databases, "_pages", lambda *args: ([Counted(row) for row in page] for page in pages(*args)))
    monkeypatch.setattr(doctors_databases, "tuple", Counted, raising=False)
    [finding] = Examination(sold.runtime, look_again_seconds=()).run(chosen(["I04"]))
    assert finding.count == rows
    assert len(finding.suspects) <= 1_000
    assert PAGE <= most <= 2 * PAGE + 10
    assert ended.__name__ == "ended"
