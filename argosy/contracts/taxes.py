"""What taxes accepts and announces: what the state gets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class FurtherTax(Value, frozen=True):
    """Another tax of the same rule: on the price, or where `is_compound` on the price and the taxes before it."""

    name: str
    basis_points: int
    hundredths: int = 0
    is_compound: bool = False


class SetTaxRule(Command):
    """The rate of a destination and tax category, in ten-thousandths and hundredths of them (8.875 % is 887 and 50).

    The destination is a `zone`, or a `country` with a `region` or any. Inclusive: prices contain the tax. Exclusive: it
    is added on top. It counts from `valid_from`, or from now on; what counted before stays on record. A rule of several
    taxes names the first (`name`) and the `further` ones, in the order in which they are computed.
    """

    country: str
    basis_points: int
    is_inclusive: bool
    region: str = ""
    category: str = "standard"
    zone: str = ""
    hundredths: int = 0
    valid_from: datetime | None = None
    name: str = ""
    further: tuple[FurtherTax, ...] = ()


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
    `origin`: sellers of the same `region`, `country` or `zone` are taxed by the rules of their own place.
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
    origin: str = ""


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
    region: str = ""
    postal_code: str = ""


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
    """A part of a line that was taxed by itself: delivery that follows its goods, or where it has a `name` one tax of
    several, on what is taxed (for a compound one with the taxes before it)."""

    taxed_amount: int
    amount: int
    basis_points: int
    hundredths: int = 0
    rule_id: Id | None = None
    name: str = ""


class LineTax(Value, omit_defaults=True):
    """`amount` of tax in a line; it raises what the buyer pays only where it is not inclusive.

    `reason` is `rule`, `no_rule`, `exempt`, `reverse_charge`, `not_registered` or `service`. `valid_from` tells the
    version of the rule where it has had several. `rounding` and `rounding_mode` say how, `collected_by` who owes it to
    the state. A line of several `parts` bears the rate that they come to together. Of reverse charge `vat_check` tells
    what a register said of the buyer's VAT id: when, with which consultation number, or that it counted by its form.
    `by_origin`: the rule is that of the seller's place.
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
    vat_check: str = ""
    by_origin: bool = False


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
    name: str = ""
    further: tuple[FurtherTax, ...] = ()


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
    origin: str = ""


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
    region: str = ""
    postal_code: str = ""


class VatRegisterAnswered(Command, key="party_id", subject="subject_id"):
    """What a register of VAT ids said to question number `asked`; `is_valid` is None where it said nothing."""

    party_id: Id
    subject_id: str
    asked: int
    register: str
    is_valid: bool | None = None
    consultation: str = ""


class VatIdChecked(Event, key="party_id"):
    """A register knows the VAT id of a buyer or seller, or does not. The number stays with taxes; `consultation` is
    that under which the register keeps the question."""

    party_id: Id
    role: str
    party: Id
    register: str
    is_valid: bool
    consultation: str
    checked_at: datetime


class BuyerTaxesSet(Event, key="buyer_id", subject="buyer_id"):
    """Numbers and certificates stay with taxes."""

    buyer_id: Id
    has_vat_id: bool
    exemptions: int
