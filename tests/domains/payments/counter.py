"""Payments played in memory with a gateway that does what the test says; the calls run when the test lets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from argosy.contracts.payments import AuthorizePayment, CapturePayment, RefundPayment, SellerShare, VoidPayment
from argosy.domains.payments.adapters.outbound.gateways.by_credit import ByCredit
from argosy.domains.payments.application.gateways import (
    Gateway,
    GatewayAnswer,
    GatewayDidNotAnswer,
    GatewayRequest,
    ask,
)
from argosy.domains.payments.context import NO_PORTS, SERVICES, Ports, build
from argosy.domains.payments.domain.ledger import (
    Entry,
    Ledger,
    LedgerAccount,
    account_id,
    verify_balances,
    verify_chain,
    verify_transactions,
)
from argosy.domains.payments.domain.payment import APPROVED, PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from argosy.engine.due import Calls, CallTarget
from argosy.engine.store import CALL
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Message
from tests.support import Stage, an_id

FLOW, PAYMENT, PURCHASE, BUYER = an_id("flow"), an_id("payment"), an_id("purchase"), an_id("buyer")
ANNA, BEN = an_id("anna"), an_id("ben")

Says = Callable[[GatewayRequest], GatewayAnswer | None]


def approve(request: GatewayRequest) -> GatewayAnswer:
    return GatewayAnswer(
        outcome=APPROVED, gateway_transaction_id=f"gw:{request.key}", amount=request.amount, currency=request.currency
    )


def decline(request: GatewayRequest) -> GatewayAnswer:
    return GatewayAnswer(outcome="declined", reason="card_declined", amount=request.amount, currency=request.currency)


def ask_buyer(request: GatewayRequest) -> GatewayAnswer:
    return GatewayAnswer(outcome="action", action_url="/confirm", gateway_transaction_id=f"gw:{request.key}")


def no_answer(request: GatewayRequest) -> GatewayAnswer:
    raise GatewayDidNotAnswer(request.key)


def nothing(request: GatewayRequest) -> None:
    return None


def one_more(request: GatewayRequest) -> GatewayAnswer:
    return msgspec.structs.replace(approve(request), amount=request.amount + 1)


def other_currency(request: GatewayRequest) -> GatewayAnswer:
    return msgspec.structs.replace(approve(request), currency="USD" if request.currency == "EUR" else "EUR")


class ScriptedGateway:
    """Says what `script` holds for an operation or `look_up`, in order, and approves when the script is over."""

    def __init__(self, script: Mapping[str, list[Says]]) -> None:
        self.script = {name: list(says) for name, says in script.items()}
        self.asked: list[str] = []

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        return self._say(request.operation, request)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        return self._say(request.operation, request)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        return self._say(request.operation, request)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        return self._say(request.operation, request)

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        self.asked.append(f"look_up {request.operation}")
        says = self.script.get("look_up", [])
        return (says.pop(0) if says else approve)(request)

    def _say(self, name: str, request: GatewayRequest) -> GatewayAnswer:
        self.asked.append(name)
        says = self.script.get(name, [])
        answer = (says.pop(0) if says else approve)(request)
        assert answer is not None
        return answer


class Counter:
    """The context on a stage, and its calls."""

    def __init__(self, gateway: Gateway | None = None, ports: Ports = NO_PORTS, **script: list[Says]) -> None:
        self.gateway: Any = gateway or ScriptedGateway(script)
        self.stage = Stage(SERVICES, lambda work: build(work, ports))
        self.stage.store.keep_logs(PaymentIntent, "transactions")
        self.stage.store.keep_logs(Ledger, "entries")
        self.clock = self.stage.clock

    def send(self, *messages: Message) -> list[Message]:
        return self.stage.send(*messages)

    def authorize(self, amount: int = 10_000, **changes: Any) -> list[Message]:
        return self.send(authorize(self.clock.now() + timedelta(minutes=5), amount, **changes))

    def call(self, *, until: timedelta = timedelta(0)) -> list[Message]:
        """Run every call that is due by then, and what follows from it; what was told."""
        told: list[Message] = []
        end = self.clock.now() + until
        for _ in range(100):
            due = self.stage.store.due(CALL, end, 1)
            if not due:
                break
            self.clock.time = max(self.clock.time, due[0].due_at)
            before = len(self.stage.store.log.records)
            self._calls().step_all(self.clock.now())
            told += [
                decode(record.wire_name, record.version, record.payload)
                for record in self.stage.store.log.records[before:]
            ]
        else:
            raise AssertionError("the calls never end")
        self.clock.time = max(self.clock.time, end)
        return told

    def _calls(self) -> _Runner:
        return _Runner(self)

    @property
    def intent(self) -> PaymentIntent:
        return self.stage.one(PaymentIntent, PAYMENT)

    def refund(self, name: str) -> Refund:
        return self.stage.one(Refund, an_id(name))

    @property
    def entries(self) -> list[Entry]:
        return self.stage.store.logged.get((Ledger, "entries"), [])

    @property
    def transactions(self) -> list[tuple[str, str, int]]:
        return [
            (each.type, each.status, each.amount)
            for each in self.stage.store.logged.get((PaymentIntent, "transactions"), [])
        ]

    def balance(self, name: str, currency: str = "EUR") -> int:
        account = self.stage.store.rows.get(LedgerAccount, {}).get(account_id(name, currency))
        return account.balance if isinstance(account, LedgerAccount) else 0

    def faults(self) -> list[object]:
        """Everything that the books' own checks find."""
        heads = self.stage.all(Ledger)
        head = (heads[0].position, heads[0].last_hash) if heads else (None, "")
        return [
            *verify_chain(self.entries, *head),
            *verify_transactions(self.entries),
            *verify_balances(self.entries, self.stage.all(LedgerAccount)),
        ]


class _Runner:
    """The engine's own runner of calls, with a pool that runs at once."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.done: list[Any] = []
        target = CallTarget(
            GatewayRequest,
            lambda request, attempt, id: ask({"test": counter.gateway, "credit": ByCredit()}, request, attempt),
        )
        self.calls = Calls(counter.stage.participant, counter.stage.store, counter.clock, {"gateway": target}, self)

    def submit(self, due: Any, run: Callable[[], Command]) -> None:
        try:
            self.done.append((due, run()))
        except Exception as error:  # noqa: BLE001 - as a pool hands it over
            self.done.append((due, error))

    def room(self) -> int:
        return 256

    def finished(self) -> list[Any]:
        done, self.done = self.done, []
        return done

    def step_all(self, now: Any) -> None:
        self.calls.start()
        for _, outcome in self.done:
            if isinstance(outcome, Exception):
                raise outcome
        self.calls.collect()
        self.counter.stage.undeclared_loads += self.calls.undeclared_loads


def authorize(expires_at: Any, amount: int = 10_000, **changes: Any) -> AuthorizePayment:
    fields: dict[str, Any] = {
        "flow_id": FLOW,
        "payment_id": PAYMENT,
        "purchase_id": PURCHASE,
        "buyer_id": BUYER,
        "amount": amount,
        "currency": "EUR",
        "gateway": "test",
        "source": "tok_approve",
        "expires_at": expires_at,
        **changes,
    }
    return AuthorizePayment(**fields)


def a_share(seller: Id, goods: int, shipping: int = 0, tax: int = 0, subsidy: int = 0) -> SellerShare:
    return SellerShare(
        order_id=an_id(f"order of {seller}"),
        seller_id=seller,
        goods_amount=goods,
        shipping_amount=shipping,
        tax_amount=tax,
        subsidy_amount=subsidy,
    )


SHARES = (a_share(ANNA, 6_000, 500, 600, 1_000), a_share(BEN, 2_400, 260, 240))
"""10,000 in all."""


def capture(shares: tuple[SellerShare, ...] = SHARES) -> CapturePayment:
    return CapturePayment(flow_id=FLOW, payment_id=PAYMENT, shares=shares)


def refund(amount: int | None = None, name: str = "refund") -> RefundPayment:
    return RefundPayment(flow_id=FLOW, payment_id=PAYMENT, refund_id=an_id(name), amount=amount)


def void() -> VoidPayment:
    return VoidPayment(flow_id=FLOW, payment_id=PAYMENT)


def captured(amount: int = 10_000, shares: tuple[SellerShare, ...] = SHARES, **script: list[Says]) -> Counter:
    """A counter whose payment is captured."""
    counter = Counter(**script)
    counter.authorize(amount)
    counter.call()
    counter.send(capture(shares))
    counter.call()
    return counter


def told(messages: list[Message]) -> list[str]:
    return [type(message).__name__ for message in messages]
