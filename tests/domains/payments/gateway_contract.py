"""What every gateway must do, whoever wrote it: subclass, and say how one is made."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.domains.payments.application.gateways import Gateway, GatewayAnswer, GatewayRequest
from argosy.domains.payments.domain.capture import PART, PARTS, WHOLE
from argosy.shared_kernel.ids import Id, named_id


class GatewayContract:
    """`approving` and `declining` are sources of the gateway's; `make` gives one with an empty book."""

    approving = "tok_approve"
    declining = "tok_decline"
    currency = "EUR"

    def make(self) -> Gateway:
        raise NotImplementedError

    def ask(self, operation: str, amount: int = 1_000, **changes: Any) -> GatewayRequest:
        payment_id = changes.pop("payment_id", named_id("contract", type(self).__name__))
        refund_id = changes.get("refund_id")
        key = f"{payment_id}:{operation}" + (f":{refund_id}" if refund_id else "")
        fields = {
            "operation": operation,
            "gateway": "any",
            "payment_id": payment_id,
            "key": key,
            "amount": amount,
            "currency": self.currency,
            "source": self.approving if operation == "authorize" else "",
        }
        return GatewayRequest(**{**fields, **changes})

    def held(self, gateway: Gateway) -> str:
        answer = gateway.authorize(self.ask("authorize"))
        assert (answer.outcome, answer.amount, answer.currency) == ("approved", 1_000, self.currency), answer
        assert answer.gateway_transaction_id
        return answer.gateway_transaction_id

    def taken(self, gateway: Gateway) -> str:
        answer = gateway.capture(self.ask("capture", reference=self.held(gateway)))
        assert (answer.outcome, answer.amount, answer.currency) == ("approved", 1_000, self.currency), answer
        return answer.gateway_transaction_id

    def refund_of(self, name: str, amount: int, reference: str) -> GatewayRequest:
        return self.ask("refund", amount, refund_id=Id(named_id("contract refund", name)), reference=reference)

    def test_holds_takes_and_pays_back(self) -> None:
        gateway = self.make()
        reference = self.taken(gateway)
        answer = gateway.refund(self.refund_of("one", 400, reference))
        assert (answer.outcome, answer.amount, answer.currency) == ("approved", 400, self.currency), answer
        rest = gateway.refund(self.refund_of("two", 600, reference))
        assert (rest.outcome, rest.gateway_transaction_id != answer.gateway_transaction_id) == ("approved", True)

    def test_a_key_is_one_operation_however_often_it_is_asked_for(self) -> None:
        gateway = self.make()
        reference = self.held(gateway)
        first, again = (gateway.capture(self.ask("capture", reference=reference)) for _ in range(2))
        assert first == again
        one, same = (gateway.refund(self.refund_of("one", 700, first.gateway_transaction_id)) for _ in range(2))
        assert one == same
        more = gateway.refund(self.refund_of("two", 400, first.gateway_transaction_id))
        assert more.outcome == "declined"

    def test_a_decline_is_an_answer(self) -> None:
        gateway = self.make()
        answer = gateway.authorize(self.ask("authorize", source=self.declining))
        assert answer.outcome == "declined" and answer.reason

    def test_what_was_let_go_of_is_not_taken(self) -> None:
        gateway = self.make()
        reference = self.held(gateway)
        assert gateway.void(self.ask("void", reference=reference)).outcome == "approved"
        assert gateway.void(self.ask("void", reference=reference)).outcome == "approved"
        assert gateway.capture(self.ask("capture", reference=reference)).outcome == "declined"

    def test_what_was_taken_is_not_let_go_of(self) -> None:
        gateway = self.make()
        reference = self.held(gateway)
        gateway.capture(self.ask("capture", reference=reference))
        assert gateway.void(self.ask("void", reference=reference)).outcome == "declined"

    def test_a_look_up_does_nothing_and_tells_what_became_of_a_key(self) -> None:
        gateway = self.make()
        assert self.looked_up(gateway, self.ask("authorize")) is None
        reference = self.held(gateway)
        found = self.looked_up(gateway, self.ask("authorize"))
        assert found is not None and (found.outcome, found.gateway_transaction_id) == ("approved", reference)
        assert self.looked_up(gateway, self.ask("capture", reference=reference)) is None
        taken = gateway.capture(self.ask("capture", reference=reference))
        found = self.looked_up(gateway, self.ask("capture", reference=reference))
        assert found is not None and (found.outcome, found.amount) == ("approved", 1_000)
        wanted = self.refund_of("one", 100, taken.gateway_transaction_id)
        assert self.looked_up(gateway, wanted) is None
        gateway.refund(wanted)
        found = self.looked_up(gateway, wanted)
        assert found is not None and (found.outcome, found.amount) == ("approved", 100)

    # What it says of itself in `captures`.

    def part_of(self, name: str, amount: int, reference: str, **changes: Any) -> GatewayRequest:
        id = Id(named_id("contract part", name))
        request = self.ask("capture", amount, reference=reference, capture_id=id, **changes)
        return msgspec.structs.replace(request, key=f"{request.key}:{id}")

    def test_says_how_much_it_can_take(self) -> None:
        """Nothing said is the whole or nothing: it is never asked for a part then."""
        assert getattr(self.make(), "captures", WHOLE) in (WHOLE, PART, PARTS)

    def test_a_part_releases_the_rest_where_it_is_final(self) -> None:
        gateway = self.make()
        if getattr(gateway, "captures", WHOLE) == WHOLE:
            return
        reference = self.held(gateway)
        one = self.part_of("one", 400, reference)
        assert self.looked_up(gateway, one) is None
        answer, again = gateway.capture(one), gateway.capture(one)
        assert (answer.outcome, answer.amount, answer.currency) == ("approved", 400, self.currency), answer
        assert again == answer and self.is_found(gateway, one, answer)
        more = self.part_of("two", 600, reference, taken_amount=400)
        assert gateway.capture(more).outcome == "declined"
        assert gateway.void(self.ask("void", reference=reference)).outcome == "declined"
        assert gateway.refund(self.refund_of("too much", 401, answer.gateway_transaction_id)).outcome == "declined"
        assert gateway.refund(self.refund_of("all", 400, answer.gateway_transaction_id)).outcome == "approved"

    def test_parts_follow_one_another_and_are_refunded_as_one(self) -> None:
        """Each has a reference of its own; a look-up tells them apart; what no part took can be let go of."""
        gateway = self.make()
        if getattr(gateway, "captures", WHOLE) != PARTS:
            return
        reference = self.held(gateway)
        one = self.part_of("one", 400, reference, is_final=False)
        two = self.part_of("two", 500, reference, is_final=False, taken_amount=400)
        first = gateway.capture(one)
        assert self.looked_up(gateway, two) is None
        second = gateway.capture(two)
        assert (first.amount, second.amount) == (400, 500)
        assert first.gateway_transaction_id != second.gateway_transaction_id
        assert self.is_found(gateway, two, second)
        three = self.part_of("three", 101, reference, taken_amount=900)
        assert gateway.capture(three).outcome == "declined"
        assert gateway.void(self.ask("void", reference=reference)).outcome == "approved"
        last = self.part_of("four", 100, reference, taken_amount=900)
        assert gateway.capture(last).outcome == "declined", "nothing is taken of what was released"
        assert gateway.refund(self.refund_of("all", 900, first.gateway_transaction_id)).outcome == "approved"
        assert gateway.refund(self.refund_of("more", 1, first.gateway_transaction_id)).outcome == "declined"

    def is_found(self, gateway: Gateway, request: GatewayRequest, answer: GatewayAnswer) -> bool:
        found = self.looked_up(gateway, request)
        return found is not None and (found.outcome, found.gateway_transaction_id, found.amount) == (
            "approved",
            answer.gateway_transaction_id,
            answer.amount,
        )

    def test_more_than_is_held_is_not_taken(self) -> None:
        gateway = self.make()
        reference = self.held(gateway)
        assert gateway.capture(self.ask("capture", 1_001, reference=reference)).outcome == "declined"

    @staticmethod
    def looked_up(gateway: Gateway, request: GatewayRequest) -> GatewayAnswer | None:
        return gateway.look_up(msgspec.structs.replace(request, is_look_up=True))
