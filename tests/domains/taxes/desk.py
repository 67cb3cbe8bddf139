"""Taxes played alone: rules and terms in, line taxes out."""

from __future__ import annotations

from argosy.contracts.taxes import LineTax, QuoteTax, SetTaxRule, TaxableLine, TaxQuoted
from argosy.domains.taxes.context import SERVICES, build
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command
from tests.support import Stage, an_id

FLOW, SELLER, OTHER, BUYER = an_id("flow"), an_id("seller"), an_id("other seller"), an_id("buyer")
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))


def stage_with(*said: Command) -> Stage:
    stage = Stage(SERVICES, lambda work: build(work, ("test", "slow")))
    for command in said:
        stage.send(command)
    return stage


def rule(basis_points: int, country: str = "DE", *, is_inclusive: bool = True, **other: object) -> SetTaxRule:
    return SetTaxRule(
        **{"country": country, "basis_points": basis_points, "is_inclusive": is_inclusive, **other}  # type: ignore[arg-type]
    )


def lines_of(*lines: tuple[str, int] | tuple[str, int, Id]) -> tuple[TaxableLine, ...]:
    """Each as (category, amount) or (category, amount, seller)."""
    return tuple(
        TaxableLine(line_no=number, category=line[0], amount=line[1], seller_id=line[2] if len(line) == 3 else SELLER)
        for number, line in enumerate(lines, 1)
    )


def quote(
    *lines: tuple[str, int] | tuple[str, int, Id],
    country: str = "DE",
    region: str = "",
    postal_code: str = "",
    buyer_id: Id = BUYER,
) -> QuoteTax:
    return QuoteTax(
        flow_id=FLOW,
        country=country,
        region=region,
        currency="EUR",
        lines=lines_of(*lines),
        postal_code=postal_code,
        buyer_id=buyer_id,
    )


def answer(stage: Stage, command: QuoteTax) -> TaxQuoted:
    """What is told; nothing may be loaded that is not declared."""
    (told,) = stage.send(command)
    assert isinstance(told, TaxQuoted), told
    assert stage.undeclared_loads == 0
    return told


def taxed(stage: Stage, command: QuoteTax) -> tuple[LineTax, ...]:
    return answer(stage, command).lines


def amounts(stage: Stage, command: QuoteTax) -> list[int]:
    return [line.amount for line in taxed(stage, command)]


def reasons(stage: Stage, command: QuoteTax) -> list[tuple[str, int]]:
    return [(line.reason, line.amount) for line in taxed(stage, command)]
