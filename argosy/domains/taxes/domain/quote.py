"""What each line of a quote is taxed: which rule counts, and how its tax is rounded.

First every line is judged: exempt, reverse charge, collected by nobody there, or taxed by the nearest rule. What is
judged becomes pieces, one for each line; delivery that follows its goods has one for each rule of theirs. Pieces are
taxed and rounded, each by itself or all of one seller and rule together, and the pieces of a line add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from argosy.contracts.taxes import LineTax, TaxableLine, TaxPart
from argosy.domains.taxes.domain.party import TaxParty
from argosy.domains.taxes.domain.places import NOWHERE, Destination, rule_id
from argosy.domains.taxes.domain.rate import HALF_UP, PER_BASIS_POINT, Rate, rounded
from argosy.domains.taxes.domain.rule import DELIVERY, STANDARD, TaxRule
from argosy.domains.taxes.domain.terms import HIGHEST, LINE, OWN, SAME_COUNTRY, SAME_ZONE, USUAL, PlaceTerms, Terms
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.money import allocate

RULE, NO_RULE, EXEMPT, REVERSE_CHARGE, NOT_REGISTERED, SERVICE = (
    "rule",
    "no_rule",
    "exempt",
    "reverse_charge",
    "not_registered",
    "service",
)
BY_SELLER, BY_PLATFORM = "seller", "platform"

_with: Any = msgspec.structs.replace
FindRule = Callable[[str], TaxRule | None]


class Verdict(Value, frozen=True, gc=False):
    """Why a line is taxed as it is: by this version of this rule, or not at all."""

    reason: str
    rule_id: Id | None = None
    rate: Rate | None = None
    vat_check: str = ""
    by_origin: bool = False


class Surroundings:
    """A destination with everything that was said of it: its terms, its zones, nearest first."""

    def __init__(self, where: Destination, region: PlaceTerms | None, country: PlaceTerms | None) -> None:
        self.where = where
        self.terms: Terms = (region and region.terms) or (country and country.terms) or USUAL
        places: list[tuple[str, str]] = []
        if country and (zone := country.zone_of_postal(where.postal_code)):
            places.append((NOWHERE, zone))
        if where.region:
            places.append((where.country, where.region))
            if region and region.zone:
                places.append((NOWHERE, region.zone))
        places.append((where.country, ""))
        if country and country.zone:
            places.append((NOWHERE, country.zone))
        self.places = tuple(dict.fromkeys(places))

    @property
    def zones(self) -> tuple[str, ...]:
        return tuple([region for country, region in self.places if country == NOWHERE])

    def candidates(self, category: str) -> list[Id]:
        """Where the rule of a line is looked for: its category in the nearest place, then in the next nearer one, then
        the standard category likewise. The first that counts then is the one."""
        return [
            rule_id(country, region, kind)
            for kind in dict.fromkeys((category, STANDARD))
            for country, region in self.places
        ]


class Parties(NamedTuple):
    """Who sells and who buys, where the terms ask for it; `origins` are the places of sellers who are taxed by them."""

    sellers: Mapping[str, TaxParty | None]
    buyer: TaxParty | None
    origins: Mapping[str, Surroundings]


def is_taxed_by_origin(terms: Terms, where: Destination, seller: TaxParty | None) -> bool:
    """Whether this seller may be taxed by their own place; within a zone, both places' zones decide once they are
    known."""
    if not terms.origin or seller is None or not seller.country:
        return False
    if terms.origin == SAME_ZONE:
        return True
    if seller.country != where.country:
        return False
    return terms.origin == SAME_COUNTRY or (bool(where.region) and seller.region == where.region)


class Assessment:
    """One quote being made."""

    def __init__(
        self,
        around: Surroundings,
        at: datetime,
        find_rule: FindRule,
        parties: Parties,
    ) -> None:
        self.around = around
        self.terms = around.terms
        self.at = at
        self._find_rule = find_rule
        self._sellers = parties.sellers
        self._buyer = parties.buyer
        self._origins = parties.origins
        self._nearest: dict[tuple[str, str], Verdict] = {}
        self._collects: dict[str, bool] = {}

    def judge(self, line: TaxableLine) -> Verdict:
        """Why this line is taxed as it is."""
        terms, where, today = self.terms, self.around.where, self.at.date()
        if self._buyer is not None:
            if terms.allows_exemptions and self._buyer.is_exempt(where, line.category, today):
                return Verdict(reason=EXEMPT)
            if terms.reverse_charge and self._is_reversed(line.seller_id):
                return Verdict(reason=REVERSE_CHARGE, vat_check=self._buyer.vat_check.in_words())
        if terms.checks_registrations and not terms.is_facilitator and not self._is_registered(line.seller_id):
            return Verdict(reason=NOT_REGISTERED)
        origin = self._origins.get(line.seller_id)
        return self._nearest_of("", self.around, line.category) if origin is None else self._by_origin(line, origin)

    def _by_origin(self, line: TaxableLine, origin: Surroundings) -> Verdict:
        found = self._nearest_of(line.seller_id, origin, line.category)
        return _with(found, by_origin=True) if found.rate is not None else found

    def _nearest_of(self, seller_id: str, around: Surroundings, category: str) -> Verdict:
        """The nearest rule that counts then; around the destination, or around one seller's place."""
        known = self._nearest.get((seller_id, category))
        if known is None:
            known = Verdict(reason=NO_RULE)
            for id in around.candidates(category):
                rule = self._find_rule(id)
                rate = None if rule is None else rule.rate_at(self.at)
                if rate is not None:
                    known = Verdict(reason=RULE, rule_id=id, rate=rate)
                    break
            self._nearest[seller_id, category] = known
        return known

    def _is_reversed(self, seller_id: str) -> bool:
        """A business of that country buys from one of another: the buyer owes the tax."""
        seller, buyer = self._sellers.get(seller_id), self._buyer
        country = self.around.where.country
        return (
            buyer is not None
            and buyer.has_vat_id_that_counts
            and buyer.country == country
            and seller is not None
            and seller.country != country
        )

    def _is_registered(self, seller_id: str) -> bool:
        known = self._collects.get(seller_id)
        if known is None:
            seller = self._sellers.get(seller_id)
            known = seller is not None and seller.is_registered(self.around.where, self.around.zones, self.at.date())
            self._collects[seller_id] = known
        return known

    def taxes(self, lines: Sequence[TaxableLine]) -> tuple[LineTax, ...]:
        """The tax of every line."""
        pieces = self._pieces(lines)
        amounts = self._by_line(pieces) if self.terms.rounding == LINE else self._by_order(pieces)
        found: dict[int, list[tuple[_Piece, int]]] = {}
        for piece, amount in zip(pieces, amounts, strict=True):
            found.setdefault(piece.line_no, []).append((piece, amount))
        return tuple([self._line_tax(found[line.line_no]) for line in lines])

    def _by_line(self, pieces: Sequence[_Piece]) -> list[int]:
        mode = self.terms.rounding_mode
        return [0 if piece.why.rate is None else piece.why.rate.tax(piece.amount, mode) for piece in pieces]

    def _by_order(self, pieces: Sequence[_Piece]) -> list[int]:
        """All that one seller sells by one version of one rule is taxed as one amount; each piece bears its part of
        that tax, by amounts, the largest remainders first."""
        groups: dict[tuple[str, str, Rate], list[int]] = {}
        amounts = [0] * len(pieces)
        for index, piece in enumerate(pieces):
            if piece.why.rate is not None:
                groups.setdefault((piece.seller_id, piece.why.rule_id or "", piece.why.rate), []).append(index)
        for (_, _, rate), members in groups.items():
            weights = [pieces[index].amount for index in members]
            tax = rate.tax(sum(weights), self.terms.rounding_mode)
            for index, part in zip(members, allocate(tax, weights) if tax else [0] * len(members), strict=True):
                amounts[index] = part
        return amounts

    def _pieces(self, lines: Sequence[TaxableLine]) -> list[_Piece]:
        follows = self.terms.delivery != OWN
        pieces: list[_Piece] = []
        goods: dict[str, list[tuple[int, Verdict]]] = {}
        for line in lines:
            if not (follows and line.category == DELIVERY):
                why = self.judge(line)
                pieces.append(_Piece(line.line_no, line.seller_id, line.amount, why))
                if follows:
                    goods.setdefault(line.seller_id, []).append((line.amount, why))
        if follows:
            for line in lines:
                if line.category == DELIVERY:
                    pieces += self._delivery(line, goods.get(line.seller_id, []))
        return pieces

    def _delivery(self, line: TaxableLine, goods: list[tuple[int, Verdict]]) -> list[_Piece]:
        """Delivery as the goods that it brings: by the highest rate among them, or part by part. It is taxed by its own
        rule where it brings nothing."""
        if not goods:
            return [_Piece(line.line_no, line.seller_id, line.amount, self.judge(line))]
        weights: dict[Verdict, int] = {}
        for amount, why in goods:
            weights[why] = weights.get(why, 0) + amount
        ways = {why.rate.is_inclusive for why in weights if why.rate is not None}
        if self.terms.delivery == HIGHEST or len(ways) > 1:
            return [_Piece(line.line_no, line.seller_id, line.amount, max(weights, key=_millionths))]
        parts = allocate(line.amount, list(weights.values()))
        return [_Piece(line.line_no, line.seller_id, part, why) for why, part in zip(weights, parts, strict=True)]

    def _line_tax(self, pieces: list[tuple[_Piece, int]]) -> LineTax:
        first, amount = pieces[0]
        terms = self.terms
        collected_by = BY_PLATFORM if terms.is_facilitator and first.why.rate is not None else BY_SELLER
        if len(pieces) == 1:
            why, rate = first.why, first.why.rate
            if rate is None:
                return LineTax(
                    line_no=first.line_no,
                    amount=0,
                    is_inclusive=True,
                    basis_points=0,
                    rule_id=None,
                    reason=why.reason,
                    vat_check=why.vat_check,
                )
            basis_points, hundredths = rate.told
            return LineTax(
                line_no=first.line_no,
                amount=amount,
                is_inclusive=rate.is_inclusive,
                basis_points=basis_points,
                rule_id=why.rule_id,
                hundredths=hundredths,
                valid_from=rate.valid_from,
                rounding=terms.rounding,
                rounding_mode=terms.rounding_mode,
                collected_by=collected_by,
                parts=tuple([_component(one, why.rule_id) for one in rate.parts(first.amount, amount)]),
                by_origin=why.by_origin,
            )
        return self._of_parts(pieces)

    def _of_parts(self, pieces: list[tuple[_Piece, int]]) -> LineTax:
        """A line that was taxed part by part: the rate is what the parts' rates come to, by their amounts."""
        terms = self.terms
        total = sum(piece.amount for piece, _ in pieces)
        weighted = sum(piece.amount * max(0, _millionths(piece.why)) for piece, _ in pieces)
        basis_points, hundredths = divmod(rounded(weighted, total or 1, HALF_UP), PER_BASIS_POINT)
        highest = max((piece for piece, _ in pieces), key=lambda piece: _millionths(piece.why))
        return LineTax(
            line_no=pieces[0][0].line_no,
            amount=sum(amount for _, amount in pieces),
            is_inclusive=highest.why.rate.is_inclusive if highest.why.rate is not None else True,
            basis_points=basis_points,
            rule_id=highest.why.rule_id,
            reason=highest.why.reason,
            hundredths=hundredths,
            rounding=terms.rounding,
            rounding_mode=terms.rounding_mode,
            collected_by=BY_PLATFORM if terms.is_facilitator and highest.why.rate is not None else BY_SELLER,
            by_origin=highest.why.by_origin,
            parts=tuple([_part(piece, amount) for piece, amount in pieces]),
        )


class _Piece:
    __slots__ = ("amount", "line_no", "seller_id", "why")

    def __init__(self, line_no: int, seller_id: str, amount: int, why: Verdict) -> None:
        self.line_no, self.seller_id, self.amount, self.why = line_no, seller_id, amount, why


def _millionths(why: Verdict) -> int:
    """By which rates are compared: a rate of nothing is still more than none."""
    return -1 if why.rate is None else why.rate.millionths


def _part(piece: _Piece, amount: int) -> TaxPart:
    rate = piece.why.rate
    basis_points, hundredths = (0, 0) if rate is None else rate.told
    return TaxPart(
        taxed_amount=piece.amount,
        amount=amount,
        basis_points=basis_points,
        hundredths=hundredths,
        rule_id=piece.why.rule_id,
    )


def _component(part: tuple[str, int, int, int, int], rule_id: Id | None) -> TaxPart:
    """One tax of several of a line."""
    name, taxed_amount, amount, basis_points, hundredths = part
    return TaxPart(
        taxed_amount=taxed_amount,
        amount=amount,
        basis_points=basis_points,
        hundredths=hundredths,
        rule_id=rule_id,
        name=name,
    )
