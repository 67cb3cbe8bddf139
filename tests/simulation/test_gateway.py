"""The simulated gateway decides once for each key, as long as it remembers the key."""

from __future__ import annotations

import pytest

from argosy.domains.payments.application.gateways import GatewayRequest
from argosy.domains.payments.domain.payment import CAPTURE
from argosy.shared_kernel.ids import named_id
from argosy.simulation.faults import KINDS, Faults
from argosy.simulation.gateway import KEYS_LAST_LEAST, SimulatedGateway
from argosy.simulation.scheduler import HOUR, Scheduler

PAYMENT = named_id("a payment")


def asked(operation: str) -> GatewayRequest:
    key = f"{PAYMENT}:{operation}"
    return GatewayRequest(
        operation=operation,
        gateway="test",
        payment_id=PAYMENT,
        key=key,
        amount=100,
        currency="BRL",
        source="tok_approve",
    )


@pytest.mark.parametrize(("later", "rate", "taken"), [(HOUR, 1.0, 2), (KEYS_LAST_LEAST - 1, 1.0, 1), (HOUR, 0.0, 1)])
def test_under_a_pruned_key_the_same_is_done_again_and_a_look_up_finds_the_first(
    later: int, rate: float, taken: int
) -> None:
    scheduler, faults = Scheduler(1), Faults(1, without=KINDS)
    faults.rates["gateway forgets"] = rate
    gateway = SimulatedGateway(scheduler, faults)
    gateway.authorize(asked("authorize"))
    first = gateway.capture(asked(CAPTURE))
    scheduler.run_until(later)
    second = gateway.capture(asked(CAPTURE))
    assert gateway.kept(PAYMENT) == {"BRL": 100 * taken}
    assert (first.gateway_transaction_id != second.gateway_transaction_id) == (taken == 2)
    found = gateway.look_up(asked(CAPTURE))
    assert found is not None
    assert found.gateway_transaction_id == first.gateway_transaction_id
