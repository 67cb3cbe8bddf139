"""What taxes accepts and announces: what the state gets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class SetTaxRule(Command):
    """The rate of a destination and tax category, in ten-thousandths and hundredths of them (8.875 % is 887 and 50).

    The destination is a `zone`, or a `country` with a `region` or any. Inclusive: prices contain the tax. Exclusive: it
    is added on top. It counts from `valid_from`, or from now on; what counted before stays on record.
    """

    country: str
    basis_points: int
    is_inclusive: bool
    region: str = ""
    category: str = "standard"
    zone: str = ""
    hundredths: int = 0
    valid_from: datetime | None = None


class EndTaxRule(Command):
    """The rule counts no more, from `valid_from` or from now on: the next nearest one counts in its place."""

    rule_id: Id
    valid_from: datetime | None = None


class SetTaxTerms(Command):
    """How a destination taxes: the terms of its rule set. A region without terms of its own has those of its country.

    `rounding` is `line` or `order`, `rounding_mode` `half_up`, `half_even`, `down` or `up`. `delivery` is `own` (the
    rule of the category `delivery`), `pro_rata` (as the goods that it brings, by their amounts) or `highest` (as the
    highest rate among them). Where registrations are checked, sellers collect only where they are registered; a
    marketplace facilitator collects in their place everywhere. `service` names an outside service that decides first.
    """

    country: str
    region: str = ""
    rounding: str = "line"
    rounding_mode: str = "half_up"
    delivery: str = "own"
    checks_registrations: bool = False
    is_facilitator: bool = False
    reverse_charge: bool = False
    allows_exemptions: bool = False
    service: str = ""


class TaxPlace(Value):
    """A country, a region of it, or what its postal codes begin with."""

    country: str
    region: str = ""
    postal_prefix: str = ""


class SetTaxZone(Command):
    """Places that share rules: all of them, in place of what was said before. A place is in one zone at most."""

    code: str
    name: str
    places: tuple[TaxPlace, ...]


class TaxRegistration(Value):
    """Where a seller collects: a country or a region of it, or a whole zone (the one-stop shop of the EU)."""

    country: str = ""
    region: str = ""
    zone: str = ""
    number: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class SetSellerTaxes(Command):
    """Where a seller is established and registered for taxes, in place of what was said before."""

    seller_id: Id
    country: str
    vat_id: str = ""
    registrations: tuple[TaxRegistration, ...] = ()


class SetBuyerTaxes(Command):
    """The VAT id that you buy with as a business; an empty one takes it away."""

    vat_id: Personal[str]


class GrantTaxExemption(Command):
    """A buyer shows a certificate: no tax is collected of them there, for some categories or all (empty)."""

    buyer_id: Id
    country: str
    certificate: Personal[str]
    region: str = ""
    categories: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


class EndTaxExemption(Command):
    """The certificate counts no more, from today on."""

    buyer_id: Id
    exemption_id: Id


class TaxableLine(Value):
    """`amount` is what the buyer pays for the line after discounts; delivery lines have the category `delivery`."""

    line_no: int
    seller_id: Id
    category: str
    amount: int


class QuoteTax(Command, key="flow_id", subject="buyer_id", version=2):
    """Tax these lines for a destination; answered by TaxQuoted. No rule means no tax. The first version named neither
    the buyer nor the postal code."""

    flow_id: Id
    country: str
    region: str
    currency: str
    lines: tuple[TaxableLine, ...]
    postal_code: Personal[str] = ""
    buyer_id: Id = Id("")

    @classmethod
    def upcast(cls, version: int, fields: dict[str, Any]) -> dict[str, Any]:
        """What the first version left out stays empty."""
        return fields


class PreviewTax(Command):
    """What these lines would be taxed there, at a time or now, by our own rules. Nothing is kept of it."""

    country: str
    currency: str
    lines: tuple[TaxableLine, ...]
    region: str = ""
    postal_code: str = ""
    buyer_id: Id = Id("")
    at: datetime | None = None


class TaxPart(Value, omit_defaults=True):
    """A part of a line that was taxed by itself: delivery that follows its goods."""

    taxed_amount: int
    amount: int
    basis_points: int
    hundredths: int = 0
    rule_id: Id | None = None


class LineTax(Value, omit_defaults=True):
    """`amount` of tax in a line; it raises what the buyer pays only where it is not inclusive.

    `reason` is `rule`, `no_rule`, `exempt`, `reverse_charge`, `not_registered` or `service`. `valid_from` tells the
    version of the rule where it has had several. `rounding` and `rounding_mode` say how, `collected_by` who owes it to
    the state. A line of several `parts` bears the rate that they come to together.
    """

    line_no: int
    amount: int
    is_inclusive: bool
    basis_points: int
    rule_id: Id | None
    reason: str = "rule"
    hundredths: int = 0
    valid_from: datetime | None = None
    rounding: str = "line"
    rounding_mode: str = "half_up"
    collected_by: str = "seller"
    parts: tuple[TaxPart, ...] = ()


class TaxQuoted(Event, key="flow_id"):
    """`service` names the outside service that was asked; `is_fallback` that our own rules decided in its place."""

    flow_id: Id
    lines: tuple[LineTax, ...]
    service: str = ""
    is_fallback: bool = False


class ServiceLineTax(Value):
    """What an outside service says of a line."""

    line_no: int
    amount: int
    is_inclusive: bool
    basis_points: int
    hundredths: int = 0


class TaxServiceAnswered(Command, key="flow_id", subject="buyer_id"):
    """What an outside service said to a quote: `outcome` is `answered` or `no_answer`."""

    flow_id: Id
    service: str
    outcome: str
    quote: QuoteTax
    lines: tuple[ServiceLineTax, ...] = ()
    buyer_id: Id = Id("")


class TaxRuleSet(Event, key="rule_id"):
    rule_id: Id
    country: str
    region: str
    category: str
    basis_points: int
    is_inclusive: bool
    zone: str = ""
    hundredths: int = 0
    valid_from: datetime | None = None


class TaxRuleEnded(Event, key="rule_id"):
    rule_id: Id
    valid_from: datetime


class TaxTermsSet(Event, key="terms_id"):
    terms_id: Id
    country: str
    region: str
    rounding: str
    rounding_mode: str
    delivery: str
    checks_registrations: bool
    is_facilitator: bool
    reverse_charge: bool
    allows_exemptions: bool
    service: str


class TaxZoneSet(Event, key="zone_id"):
    zone_id: Id
    code: str
    name: str
    places: tuple[TaxPlace, ...]


class SellerTaxesSet(Event, key="seller_id"):
    seller_id: Id
    country: str
    vat_id: str
    registrations: tuple[TaxRegistration, ...]


class BuyerTaxesSet(Event, key="buyer_id", subject="buyer_id"):
    """Numbers and certificates stay with taxes."""

    buyer_id: Id
    has_vat_id: bool
    exemptions: int
