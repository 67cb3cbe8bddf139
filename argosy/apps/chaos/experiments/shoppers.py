"""What buyers and sellers do to us: cards that fail, fingers that press twice, coupons that change, one last piece."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from argosy.apps.chaos import goods
from argosy.apps.chaos.calm import NotCalm, rows, wait_until_calm
from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.goods import COUPON
from argosy.apps.chaos.load import API, HOST, TIMEOUT_SECONDS, Load, Purchase, everyday
from argosy.apps.chaos.scene import Scene
from argosy.apps.cli.http_client import Client
from argosy.contracts.promotions import DisableCoupon
from argosy.engine.work import SYSTEM

FAILING = ("tok_decline", "tok_decline_capture", "tok_action")
PRESSES = 10
CROWD = 100
ROUND_SECONDS = 30.0
COUPON_BASIS_POINTS = 2_000


def payments_fail(scene: Scene) -> None:
    """Stock is held, and then the payment fails or the buyer goes: all of it is for sale again."""
    scene.web()
    scene.worker()

    def make(number: int) -> dict[str, Any]:
        return {**everyday(number), "payment_source": FAILING[number % len(FAILING)]}

    with scene.buying(make=make) as load:
        scene.wait(scene.seconds)
    _abort(scene, load)
    began = time.monotonic()
    try:
        wait_until_calm(scene.place, scene.calm_seconds)
    except NotCalm as reason:
        scene.wrong.append(str(reason))
    scene.measured["seconds until all stock was free"] = round(time.monotonic() - began, 1)
    [(held, allocated)] = rows(scene.place, "inventory", "SELECT sum(reserved), sum(allocated) FROM stock_items")
    [(turned,)] = rows(scene.place, "checkout", "SELECT count(*) FROM checkout_sessions WHERE status <> 'COMPLETED'")
    scene.injected["checkouts whose payment failed"] = turned
    if held or allocated:
        scene.wrong.append(f"{held} pieces are still held and {allocated} allocated after every payment failed")


def _abort(scene: Scene, load: Load) -> None:
    """Whoever was to confirm at the bank goes away instead."""
    client = Client(HOST, scene.port, TIMEOUT_SECONDS)
    for purchase in load.purchases:
        if purchase.checkout_id and purchase.body["payment_source"] == "tok_action":
            client.authorization = load.tokens[purchase.number % len(load.tokens)]
            reply = client.send("POST", f"{API}/checkouts/{purchase.checkout_id}/abort", b"{}")
            scene.injected["checkouts abandoned"] += reply.status == 200
    client.close()


def double_orders(scene: Scene) -> None:
    """Each purchase is sent ten times at once, some without a key, and the web dies among them."""
    scene.worker()
    web = scene.web()
    until, rounds = time.monotonic() + scene.seconds, 0
    while scene.goes_on(until) or rounds < 3:
        rounds += 1
        wanted = [scene.load.purchase() for _ in range(2)]
        _at_once([_presser(scene.load, one, keyed=count % 3 > 0) for one in wanted for count in range(PRESSES)])
        scene.injected["presses at once"] += PRESSES * len(wanted)
        if rounds == 2:
            scene.kill(web)
            web = scene.web()
    for purchase in scene.load.purchases:
        [(times,)] = rows(
            scene.place,
            "checkout",
            "SELECT count(*) FROM checkout_sessions WHERE id = ?",
            purchase.checkout_id,
        )
        if purchase.is_answered and times != 1:
            scene.wrong.append(f"{purchase.key} became {times} checkouts")


def _presser(load: Load, purchase: Purchase, keyed: bool) -> Callable[[], None]:
    """A press under the key; or under none, where the request's own id makes it one purchase."""

    def press() -> None:
        client = Client(HOST, load.port, TIMEOUT_SECONDS)
        sent = purchase if keyed else Purchase(purchase.number, "", purchase.body, False, is_answered=True)
        load.press(client, sent)
        client.close()
        if not keyed and sent.checkout_id:
            if purchase.checkout_id and sent.checkout_id != purchase.checkout_id:
                load.tally.wonder(f"{purchase.key}: {sent.checkout_id} beside {purchase.checkout_id}")
            purchase.checkout_id = purchase.checkout_id or sent.checkout_id

    return press


def _at_once(presses: Sequence[Callable[[], None]]) -> None:
    gate = threading.Barrier(len(presses))

    def run(press: Callable[[], None]) -> None:
        gate.wait()
        press()

    threads = [threading.Thread(target=run, args=(press,), daemon=True) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * TIMEOUT_SECONDS)


def coupons_change(scene: Scene) -> None:
    """A coupon is withdrawn while purchases with it are on their way: each is sold at the price that it was quoted, or
    clearly refused."""
    scene.web()
    scene.worker()
    client = Client(HOST, scene.port, TIMEOUT_SECONDS)
    scene.work_once(client)
    until, rounds = time.monotonic() + scene.seconds, 0
    while scene.goes_on(until) or rounds < 2:
        rounds += 1
        code = f"ROUND{rounds}"
        goods.coupon(scene.place, code, COUPON_BASIS_POINTS)
        for number in range(12):
            body = {"coupons": [code], "payment_source": "tok_approve"}
            scene.load.press(client, scene.load.purchase(must_sell=False, **body))
            scene.wait(0.03)
            if number == 7:
                scene.place.outside("promotions").run(DisableCoupon(code=code), SYSTEM)
                scene.injected["coupons withdrawn"] += 1
        scene.wait(0.3)
    client.close()
    try:
        wait_until_calm(scene.place, scene.calm_seconds)
    except NotCalm as reason:
        scene.wrong.append(str(reason))
    _check_prices(scene)


def _check_prices(scene: Scene) -> None:
    found = {
        id: (status, total)
        for id, status, total in rows(scene.place, "checkout", "SELECT id, status, total_amount FROM checkout_sessions")
    }
    sold = refused = 0
    for purchase in scene.load.purchases:
        if COUPON in purchase.body["coupons"]:
            continue
        status, total = found.get(purchase.checkout_id, ("", 0))
        if status == "COMPLETED":
            sold += 1
            expected = price(purchase.body["lines"], COUPON_BASIS_POINTS)
            if total != expected:
                scene.wrong.append(f"checkout {purchase.checkout_id} was quoted {expected} and sold for {total}")
        refused += status == "FAILED"
    scene.measured["sold at the quoted price"], scene.measured["clearly refused"] = sold, refused
    if not sold or not refused:
        scene.wrong.append(f"{sold} sold and {refused} refused: a withdrawal in mid-checkout was not met")


def price(lines: Sequence[dict[str, Any]], basis_points: int) -> int:
    """What a purchase of these lines costs with a coupon: delivery of two sellers, and goods less the share."""
    amounts = {
        goods.named_id("chaos", "unit", seller, name): 1_990 + len(name)
        for seller in goods.SELLERS
        for name in (f"thing {number}" for number in range(goods.PRODUCTS))
    }
    full = sum(amounts[line["variant_id"]] * line["quantity"] for line in lines)
    return full - (full * basis_points + 5_000) // 10_000 + 2 * goods.DELIVERY


def last_piece(scene: Scene) -> None:
    """A hundred buyers press for one piece at the same moment, round after round."""
    scene.web()
    scene.worker()
    until, rounds = time.monotonic() + scene.seconds, 0
    while scene.goes_on(until) or rounds < 2:
        rounds += 1
        line = goods.offer(scene.place, f"last {rounds}", 1)
        body = {"lines": [line], "coupons": [], "payment_source": "tok_approve"}
        crowd = [scene.load.purchase(must_sell=False, **body) for _ in range(CROWD)]
        _at_once([_until_answered(scene.load, one) for one in crowd])
        try:
            wait_until_calm(scene.place, ROUND_SECONDS)
        except NotCalm as reason:
            scene.wrong.append(f"round {rounds}: {reason}")
            return
        mine = {one.checkout_id for one in crowd}
        statuses = dict(rows(scene.place, "checkout", "SELECT id, status FROM checkout_sessions"))
        sold = sum(statuses.get(id) == "COMPLETED" for id in mine)
        if sold != 1:
            scene.wrong.append(f"round {rounds}: {sold} of {CROWD} buyers got the one piece")
        scene.injected["rounds of 100 buyers for one piece"] = rounds


def _until_answered(load: Load, purchase: Purchase) -> Callable[[], None]:
    def press() -> None:
        client = Client(HOST, load.port, TIMEOUT_SECONDS)
        for _ in range(200):
            if load.press(client, purchase):
                break
            time.sleep(0.1)
        client.close()

    return press


EXPERIMENTS = (
    Experiment(
        name="payment-fails",
        level="L2",
        proves="scenario 2",
        target="payments, after stock was held",
        failure="cards are declined on authorisation and on capture; buyers do not confirm, and leave",
        expected="every hold ends by itself and the stock is for sale again, within seconds",
        rollback="stock stays held, or money stays with us",
        owner="Stock + Money",
        invariants=("I03", "I04", "I18", "I34"),
        inject=payments_fail,
        seconds=8,
        is_short=True,
        short_seconds=4,
    ),
    Experiment(
        name="double-order",
        level="L2",
        proves="scenario 3",
        target="POST /checkouts",
        failure="each purchase is sent ten times at once, with and without a key, and the web is killed among them",
        expected="one checkout for each, and the same answer to all",
        rollback="two checkouts for one request",
        owner="Checkout",
        invariants=("I20", "I24", "I36"),
        inject=double_orders,
        seconds=8,
        is_short=True,
        short_seconds=4,
    ),
    Experiment(
        name="coupon-changed",
        level="L2",
        proves="scenario 7",
        target="promotions",
        failure="a coupon is withdrawn while purchases with it are on their way",
        expected="each is sold at the price it was quoted, or refused before money moves",
        rollback="a price that was not quoted",
        owner="Catalogue",
        invariants=("I13", "I21", "I27"),
        inject=coupons_change,
        seconds=8,
        is_short=True,
        short_seconds=3,
    ),
    Experiment(
        name="last-piece",
        level="L2",
        proves="R12",
        target="inventory",
        failure="a hundred buyers press for one piece at the same moment, in rounds",
        expected="exactly one buys it, all others are clearly refused, nothing answers 500",
        rollback="two buy it, or nobody does",
        owner="Stock",
        invariants=("I02", "I06"),
        inject=last_piece,
        seconds=20,
    ),
)
