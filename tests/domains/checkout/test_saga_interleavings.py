"""Thousands of small worlds, each from its seed: what may happen to a checkout happens in some order, and at the end
nothing is held and no money kept unless the buyer got what they paid for.

Order is kept per source and flow, as the log promises; across participants anything goes. Messages come twice, also
long after, or, in some worlds, not at all: then whoever watches has to ask again. Requests are refused, gateways answer
late, time runs out, buyers change their mind.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from argosy.contracts.checkout import AbortCheckout, ExpireCheckout, RetryCheckout, RetryPayment
from argosy.contracts.payments import PaymentAuthorized, VoidPayment
from argosy.domains.checkout.application.saga import CheckoutSaga
from argosy.domains.checkout.domain.session import MOVES, CheckoutSession
from argosy.engine.store import TIMER
from argosy.engine.work import SYSTEM
from argosy.shared_kernel import saga as kernel
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.messages import Command, Event, Message
from tests.domains.checkout.fakes import (
    BUYER,
    Inventory,
    Orders,
    Payments,
    Products,
    Promotions,
    Shipping,
    Taxes,
    start,
)
from tests.domains.checkout.playing import BUYING, Play

WORLDS = 2_000
STEPS_MAX = 600
MOODS = ("yes", "yes", "yes", "act", "decline", "late", "ghost")


class World:
    """One checkout among its participants, and a scheduler that draws what happens next."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        # Each world has its own weather: some are calm, some stormy.
        self.refusals = random.choice((0, 0, 0.05, 0.2))
        self.repeats = random.choice((0, 0.1, 0.4))
        self.troubles = random.choice((0, 0, 0.03, 0.1))
        self.losses = random.choice((0, 0, 0.05))
        self.mood = random.choice(MOODS)
        self.checkout = Play(
            products=Products(self.refuses),
            promotions=Promotions(self.refuses),
            shipping=Shipping(self.refuses),
            taxes=Taxes(self.refuses),
            orders=Orders(self.refuses),
            inventory=Inventory(self.refuses),
            payments=Payments(self.refuses, lambda: self.mood),
        )
        self.command = start(
            payment_method="cash_on_delivery" if random.random() < 0.1 else "card",
            coupons=random.choice(((), ("TEN",))),
            may_retry_payment=random.random() < 0.4,
        )
        self.id = self.command.checkout_id
        self.to: dict[str, list[Message]] = {}
        self.back: dict[str, list[Message]] = {}
        self.old: list[tuple[str, Message]] = []
        self.events: list[Event] = []

    def refuses(self, command: Command) -> bool:
        return self.random.random() < self.refusals

    def play(self) -> None:
        """Until nothing is under way any more; then what is late comes, and after it the end of time."""
        self.tell(self.command)
        for _ in range(STEPS_MAX):
            if self.random.random() < self.troubles:
                self.random.choice(TROUBLES)(self)
            if not self.move() and not any(
                late() for late in (self.sometimes_wake, self.pay_again, self.due, self.wake)
            ):
                return
        raise AssertionError("it never comes to rest")

    def move(self) -> bool:
        """Deliver one message of some channel, now and then an old one as well."""
        if self.old and self.random.random() < self.repeats:
            self.deliver(*self.random.choice(self.old))
        ready = [(channel, name) for channel in (self.to, self.back) for name, waiting in channel.items() if waiting]
        if not ready:
            return False
        channel, name = self.random.choice(ready)
        message = channel[name].pop(0)
        # A late yes that is lost would be nobody's to undo: payments take it back themselves then. So they do with what
        # is held of an attempt that has failed, whose letting go is asked for once.
        is_payments_own = isinstance(message, PaymentAuthorized) or (
            isinstance(message, VoidPayment) and message.payment_id in self.checkout.session.payments_failed
        )
        if not is_payments_own and self.random.random() < self.losses:
            return True
        self.old.append((name, message))
        self.deliver(name, message)
        if self.checkout.session.payment_failure and self.random.random() < 0.3:
            self.pay_again()  # At once, while what became of the attempt before may still be on its way.
        return True

    def deliver(self, name: str, message: Message) -> None:
        if isinstance(message, Command):
            self.back.setdefault(name, []).extend(self.checkout.participants[name].take(message))
        else:
            self.tell(message)

    def tell(self, message: Message) -> None:
        for told in self.checkout.stage.send(message, actor=SYSTEM if isinstance(message, RetryCheckout) else BUYING):
            if isinstance(told, Command):
                self.to.setdefault(told.wire_name.partition(".")[0], []).append(told)
            else:
                assert isinstance(told, Event)
                self.events.append(told)

    # Troubles. Each says whether it happened.

    def abort(self) -> bool:
        try:
            self.tell(AbortCheckout(checkout_id=self.id, buyer_id=BUYER))
        except RuleBroken:
            return False
        return True

    def expire(self) -> bool:
        deadline = self.checkout.session.deadline
        assert deadline is not None
        self.tell(ExpireCheckout(checkout_id=self.id, deadline=deadline))
        return True

    def expire_wrongly(self) -> bool:
        """A timer of a deadline that is no longer this flow's."""
        before = self.checkout.session
        self.tell(ExpireCheckout(checkout_id=self.id, deadline=before.started_at))
        assert self.checkout.session.same_as(before)
        return True

    def lose_stock(self) -> bool:
        inventory = self.checkout.participants["inventory"]
        told = inventory.expire(self.id, self.checkout.session.reservation_id)
        self.back.setdefault("inventory", []).extend(told)
        return bool(told)

    def retry(self, times: int = 0) -> bool:
        self.tell(RetryCheckout(checkout_id=self.id, times=times))
        return True

    def pay_again(self) -> bool:
        """By another means, which may do better, or at the door. Some buyers never try."""
        if self.random.random() < 0.3:
            return False
        self.mood = self.random.choice(MOODS)
        method = "cash_on_delivery" if self.random.random() < 0.3 else "card"
        try:
            self.tell(
                RetryPayment(checkout_id=self.id, buyer_id=BUYER, payment_source="tok_other", payment_method=method)
            )
        except RuleBroken:
            return False
        return True

    def wake(self) -> bool:
        told = self.checkout.participants["payments"].wake(self.id)
        self.back.setdefault("payments", []).extend(told)
        return bool(told)

    def sometimes_wake(self) -> bool:
        return self.random.random() < 0.5 and self.wake()

    def due(self) -> bool:
        """The timer of the deadline, or of the watch, if it is still set."""
        stage = self.checkout.stage
        if not stage.due():
            return False
        timer = min(stage.due().values(), key=lambda timer: timer.due_at)
        assert timer.kind == TIMER
        stage.clock.time = max(stage.clock.time, timer.due_at)
        del stage.store.due_rows[timer.id]
        if timer.name == RetryCheckout.wire_name:
            return self.retry(decode(timer.name, timer.version, timer.payload).times)  # type: ignore[attr-defined]
        return self.expire()

    # Oracles.

    def faults(self) -> Iterator[str]:
        """Everything that is wrong once the world has come to rest."""
        session = self.checkout.session
        if not session.is_over or session.status in MOVES:
            yield f"the flow never ended: {session.status}, {session.steps}"
        if (session.status == "COMPLETED") != (session.outcome == "COMPLETED"):
            yield f"{session.status} but {session.outcome}"
        if self.checkout.stage.due():
            yield "its timer is still set"
        if self.checkout.stage.undeclared_loads:
            yield "it loaded what it had not declared"
        ends = [type(event).__name__ for event in self.events if type(event).__name__ in ENDS]
        if ends != [f"Checkout{session.status.capitalize()}"]:
            yield f"{session.status} was told as {ends}"
        effects = {name: self.effects(name) for name in ("promotions", "orders", "inventory", "payments")}
        if session.outcome == "COMPLETED":
            yield from self.faults_of_a_sale(effects, dict(session.steps))
        else:
            yield from self.faults_of_no_sale(effects, dict(session.steps))

    def effects(self, name: str) -> dict[str, int]:
        return {effect: count for (_, effect), count in self.checkout.participants[name].effects.items()}

    def faults_of_a_sale(self, effects: dict[str, dict[str, int]], steps: dict[str, str]) -> Iterator[str]:
        is_card = self.checkout.session.payment_method == "card"
        wanted: dict[str, Any] = {
            "orders": {"place": 1, "confirm": 1},
            "inventory": {"hold": 1, "commit": 1},
            "payments": {"hold": 1, "capture": 1} if is_card else {},
            "promotions": {"hold": 1, "consume": 1} if self.command.coupons else {},
        }
        if steps.get("consume") == "FAILED":
            wanted["promotions"] = {"hold": 1}
        if self.checkout.session.payment_attempt > 1:
            # Of every attempt but the last one that was held after all, the money is let go.
            had, let_go = effects["payments"].get("hold", 0), effects["payments"].pop("void", 0)
            effects["payments"]["hold"] = had - let_go
            wanted["payments"] = wanted["payments"] or {"hold": 0}
        for name, counts in wanted.items():
            if effects[name] != counts:
                yield f"a sale with {name} {effects[name]}"

    def faults_of_no_sale(self, effects: dict[str, dict[str, int]], steps: dict[str, str]) -> Iterator[str]:
        """Every effect that was had is taken back exactly once."""
        pairs = (
            ("payments", ("hold",), ("void", "capture")),
            ("payments", ("capture",), ("refund",)),
            ("inventory", ("hold",), ("release", "commit")),
            ("inventory", ("commit",), ("restock",)),
            ("orders", ("place",), ("cancel",)),
            ("promotions", ("hold",), ("release", "consume")),
        )
        for name, done, undone in pairs:
            had, back = (sum(effects[name].get(effect, 0) for effect in group) for group in (done, undone))
            if had != back:
                yield f"{name} {done} {had} times but {undone} {back} times"
        if effects["orders"].get("confirm"):
            yield "a confirmed order was cancelled"
        if effects["promotions"].get("consume") and steps.get("confirm") != "FAILED":
            yield "a coupon was used up for nothing"


TROUBLES = (
    World.abort,
    World.expire,
    World.lose_stock,
    World.wake,
    World.expire_wrongly,
    World.retry,
    World.pay_again,
)
ENDS = ("CheckoutCompleted", "CheckoutFailed", "CheckoutExpired", "CheckoutAborted")


def faults_of(seeds: range) -> list[str]:
    found = []
    for seed in seeds:
        world = World(seed)
        try:
            world.play()
        except (AssertionError, msgspec.MsgspecError) as error:
            found.append(f"seed {seed}: {error!r}")
            continue
        found += [f"seed {seed}: {fault}" for fault in world.faults()]
    return found


def test_no_order_of_events_leaves_anything_behind() -> None:
    assert faults_of(range(WORLDS)) == []


def test_worlds_are_different_enough_to_tell() -> None:
    ends: dict[str, int] = {}
    for seed in range(300):
        world = World(seed)
        world.play()
        ends[world.checkout.session.status] = ends.get(world.checkout.session.status, 0) + 1
    assert {"COMPLETED", "FAILED", "EXPIRED", "ABORTED"} <= ends.keys()
    assert min(ends.values()) >= 5, ends


def late_yes_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(kernel.Saga, "_on_late_yes", lambda self, step: [])


def a_step_without_answer_is_not_undone(patch: pytest.MonkeyPatch) -> None:
    undo = kernel.Saga._undo

    def forgetful(self: Any) -> list[Command]:
        steps = self.state.steps
        self.state.steps = {name: "" if standing == "ASKED" else standing for name, standing in steps.items()}
        return undo(self)

    patch.setattr(kernel.Saga, "_undo", forgetful)


def a_repeat_counts_again(patch: pytest.MonkeyPatch) -> None:
    on_yes = kernel.Saga._on_yes

    def gullible(self: Any, step: kernel.Step, message: Event) -> list[Command]:
        if not self.state.outcome and self.state.steps.get(step.name) == "DONE":
            self.state.steps[step.name] = "ASKED"
        return on_yes(self, step, message)

    patch.setattr(kernel.Saga, "_on_yes", gullible)


def undo_is_not_awaited(patch: pytest.MonkeyPatch) -> None:
    def hasty(self: Any, step: kernel.Step) -> list[Command]:
        self.state.steps[step.name] = "UNDONE"
        return []

    patch.setattr(kernel.Saga, "_on_undone", hasty)


def time_ends_a_sale_that_is_being_confirmed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CheckoutSaga, "can_turn_round", property(lambda self: not self.state.outcome))


def nobody_asks_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CheckoutSaga, "ask_again", lambda self: [])


def the_money_is_not_given_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        CheckoutSaga,
        "stages",
        tuple(
            tuple(
                step
                if step.name != "capture"
                else kernel.Step("capture", asks=step.asks, ask=step.ask, done=step.done, learn=step.learn)
                for step in stage
            )
            for stage in CheckoutSaga.stages
        ),
    )


def an_attempt_that_failed_is_mixed_up_with_the_next(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CheckoutSession, "payments_failed", property(lambda self: []))


BUGS = [
    an_attempt_that_failed_is_mixed_up_with_the_next,
    late_yes_is_ignored,
    a_step_without_answer_is_not_undone,
    a_repeat_counts_again,
    undo_is_not_awaited,
    time_ends_a_sale_that_is_being_confirmed,
    nobody_asks_again,
    the_money_is_not_given_back,
]


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert faults_of(range(400)) != []
