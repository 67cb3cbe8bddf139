"""The port of outside tax services: what is asked of one, and how one call becomes one command that tells its answer.

A service is asked once. Where it does not answer in time, answers something that cannot be, or whoever asked was
interrupted, nobody asks again: our own rules decide, and the quote says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from argosy.contracts.taxes import QuoteTax, ServiceLineTax, TaxableLine, TaxServiceAnswered
from argosy.domains.taxes.domain.rule import BASIS_POINTS_MAX, HUNDREDTHS_MAX

TAX_SERVICE = "tax_service"
"""The name under which calls are registered."""

SERVICE_SECONDS = 4
"""How long a checkout waits for an outside service at most."""

ANSWERED, NO_ANSWER = "answered", "no_answer"


class TaxServiceDidNotAnswer(Exception):
    """It is away, too slow, or said what nobody can read."""


class ServiceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call: these lines of the quote are for the service to tax (`line_nos`), within so many seconds."""

    service: str
    quote: QuoteTax
    line_nos: tuple[int, ...]
    seconds: int = SERVICE_SECONDS

    @property
    def lines(self) -> tuple[TaxableLine, ...]:
        asked = set(self.line_nos)
        return tuple([line for line in self.quote.lines if line.line_no in asked])


class TaxService(Protocol):
    """Somebody outside who knows what is taxed how. Asking changes nothing there, however often it is done."""

    def tax(self, request: ServiceRequest) -> Sequence[ServiceLineTax]:
        """The tax of every asked line, in whole minor units and in any order; raises TaxServiceDidNotAnswer."""
        ...


def ask(services: Mapping[str, TaxService], request: ServiceRequest, attempt: int) -> TaxServiceAnswered:
    """Make the call, and tell its outcome. A later attempt means that the first took too long: nobody waits again."""
    lines: tuple[ServiceLineTax, ...] = ()
    service = services.get(request.service)
    outcome = NO_ANSWER
    if service is not None and attempt == 1:
        try:
            said = tuple(service.tax(request))
        except TaxServiceDidNotAnswer:
            said = ()
        if can_be(request.lines, said):
            outcome, lines = ANSWERED, said
    return TaxServiceAnswered(
        flow_id=request.quote.flow_id,
        service=request.service,
        outcome=outcome,
        quote=request.quote,
        lines=lines,
        buyer_id=request.quote.buyer_id,
    )


def can_be(asked: Collection[TaxableLine], said: Sequence[ServiceLineTax]) -> bool:
    """Whether an answer is one: each asked line once, no tax below nothing or above the amount, rates below the
    whole."""
    amounts = {line.line_no: line.amount for line in asked}
    return (
        bool(said)
        and len(said) == len(amounts)
        and {line.line_no for line in said} == amounts.keys()
        and all(
            type(line.amount) is int
            and 0 <= line.amount <= amounts[line.line_no]
            and 0 <= line.basis_points <= BASIS_POINTS_MAX
            and 0 <= line.hundredths <= HUNDREDTHS_MAX
            for line in said
        )
    )
