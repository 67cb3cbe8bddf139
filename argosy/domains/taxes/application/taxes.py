"""What taxes can be asked: set a rule, quote with the rules of the moment."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.contracts.taxes import QuoteTax, SetTaxRule, TaxQuoted
from argosy.domains.taxes.domain.rule import (
    MayNotSetTaxes,
    TaxRule,
    candidates,
    check_lines,
    check_rule,
    line_tax,
    region_of,
    rule_id,
)
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id


def _wanted(command: QuoteTax) -> Iterator[Id]:
    for category in {line.category: None for line in command.lines}:
        yield from candidates(command.country, command.region, category)


class Taxes:
    """A quote counts with the rules of its moment and writes nothing but its answer."""

    def __init__(self, work: UnitOfWork, rules: Repository[TaxRule]) -> None:
        self.work = work
        self.rules = rules

    @reads(rules=lambda command: [rule_id(command.country, region_of(command.region), command.category)])
    def set_tax_rule(self, command: SetTaxRule) -> Id:
        """Say what the state gets from now on; the rule's id."""
        if not (self.work.actor.has("system") or self.work.actor.has("staff")):
            raise MayNotSetTaxes()
        check_rule(command)
        region = region_of(command.region)
        id = rule_id(command.country, region, command.category)
        rule = self.rules.find(id)
        if rule is None:
            rule = TaxRule(id=id, country=command.country, region=region, category=command.category)
            self.rules.add(rule)
        rule.apply(command.basis_points, is_inclusive=command.is_inclusive)
        return id

    @reads(rules=_wanted)
    def quote_tax(self, command: QuoteTax) -> None:
        """Tax every line by the nearest rule of its destination and category; no rule means no tax."""
        check_lines(command.lines, command.country, command.currency)
        rules: dict[str, TaxRule | None] = {}
        for line in command.lines:
            if line.category not in rules:
                rules[line.category] = self._nearest(command, line.category)
        self.work.announce(
            TaxQuoted(
                flow_id=command.flow_id, lines=tuple([line_tax(line, rules[line.category]) for line in command.lines])
            )
        )

    def _nearest(self, command: QuoteTax, category: str) -> TaxRule | None:
        for id in candidates(command.country, command.region, category):
            rule = self.rules.find(id)
            if rule is not None:
                return rule
        return None
