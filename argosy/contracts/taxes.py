"""What taxes accepts and announces: what the state gets."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class SetTaxRule(Command):
    """The rate of a destination (`country`, and `region` or any) and tax category, in ten-thousandths.

    Inclusive: prices contain the tax. Exclusive: it is added on top.
    """

    country: str
    basis_points: int
    is_inclusive: bool
    region: str = ""
    category: str = "standard"


class TaxableLine(Value):
    """`amount` is what the buyer pays for the line after discounts; delivery lines have the category `delivery`."""

    line_no: int
    seller_id: Id
    category: str
    amount: int


class QuoteTax(Command, key="flow_id"):
    """Tax these lines for a destination; answered by TaxQuoted. No rule means no tax."""

    flow_id: Id
    country: str
    region: str
    currency: str
    lines: tuple[TaxableLine, ...]


class LineTax(Value):
    """`amount` of tax in a line; it raises what the buyer pays only where it is not inclusive."""

    line_no: int
    amount: int
    is_inclusive: bool
    basis_points: int
    rule_id: Id | None


class TaxQuoted(Event, key="flow_id"):
    flow_id: Id
    lines: tuple[LineTax, ...]


class TaxRuleSet(Event, key="rule_id"):
    rule_id: Id
    country: str
    region: str
    category: str
    basis_points: int
    is_inclusive: bool
