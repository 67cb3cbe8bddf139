"""A line's tax in words: which rule, which rate, how it was rounded."""

from __future__ import annotations

from datetime import datetime

from argosy.contracts.taxes import LineTax
from argosy.domains.taxes.domain.quote import EXEMPT, NO_RULE, NOT_REGISTERED, REVERSE_CHARGE, SERVICE
from argosy.domains.taxes.domain.rule import TaxRule
from argosy.domains.taxes.domain.terms import Terms
from argosy.shared_kernel.messages import Value

_UNTAXED = {
    NO_RULE: "No rule counts there: no tax.",
    EXEMPT: "The buyer is exempt there: no tax.",
    REVERSE_CHARGE: "A business of that country buys from one of another: the buyer owes the tax (reverse charge).",
    NOT_REGISTERED: "The seller is not registered there and collects no tax.",
}
_MODES = {"half_up": "halves up", "half_even": "halves to even", "down": "down", "up": "up"}


class ExplainedTax(Value):
    """The tax of a line with its rule's place in words."""

    line_no: int
    amount: int
    is_inclusive: bool
    rate: str
    reason: str
    rule_id: str | None
    category: str
    place: str
    collected_by: str
    explanation: str


class TaxPreview(Value):
    """What lines would be taxed at a time."""

    at: datetime
    terms: Terms
    zones: tuple[str, ...]
    lines: tuple[ExplainedTax, ...]


def percent(basis_points: int, hundredths: int) -> str:
    """A rate as people write it: 8.875 for 887 and 50."""
    whole, rest = divmod(basis_points * 100 + hundredths, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")


def explained(tax: LineTax, rule: TaxRule | None) -> ExplainedTax:
    """Why a line bears this tax."""
    rate = percent(tax.basis_points, tax.hundredths)
    place = "" if rule is None else place_name(rule)
    return ExplainedTax(
        line_no=tax.line_no,
        amount=tax.amount,
        is_inclusive=tax.is_inclusive,
        rate=rate,
        reason=tax.reason,
        rule_id=tax.rule_id,
        category="" if rule is None else rule.category,
        place=place,
        collected_by=tax.collected_by,
        explanation=_untaxed(tax) or _sentence(tax, rate, place, rule),
    )


def _untaxed(tax: LineTax) -> str:
    words = _UNTAXED.get(tax.reason, "")
    return f"{words} Their VAT id: {tax.vat_check}." if tax.vat_check else words


def place_name(rule: TaxRule) -> str:
    if rule.zone:
        return f"zone {rule.zone}"
    return f"{rule.country}-{rule.region}" if rule.region else rule.country


def _sentence(tax: LineTax, rate: str, place: str, rule: TaxRule | None) -> str:
    way = "within the price" if tax.is_inclusive else "on top"
    if tax.reason == SERVICE or rule is None:
        return f"{rate} % {way}, as the outside service said."
    since = f" since {tax.valid_from.date().isoformat()}" if tax.valid_from is not None else ""
    how = f"rounded {_MODES[tax.rounding_mode]} per {tax.rounding}"
    parts = "".join(
        [
            f", {part.name} {percent(part.basis_points, part.hundredths)} % on {part.taxed_amount} is {part.amount}"
            for part in tax.parts
            if part.name
        ]
    )
    if tax.parts and not parts:
        parts = f", {len(tax.parts)} parts like the goods"
    origin = ", where the seller is" if tax.by_origin else ""
    return f"{rate} % {way}: {rule.category} in {place}{since}{origin}{parts}, {how}."
