"""Everything that can be asked about what things cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from argosy.contracts.products import (
    ApplyPrice,
    CurrencyPriceChanged,
    EndPrice,
    LinesQuoted,
    NewPrice,
    PriceChanged,
    PriceInCurrency,
    QuotedLine,
    QuoteLines,
    SetPrice,
    SetPrices,
    SetSale,
)
from argosy.domains.products.application.ownership import ids, owned
from argosy.domains.products.domain.offer import LinesNotForSale, Offer, check_lines, quoted, why_not_for_sale
from argosy.domains.products.domain.price import (
    CURRENCIES_MAX,
    OwnCurrencyStays,
    Price,
    TooManyCurrencies,
    add_version,
    end_versions,
    in_currency,
    money_faults,
    price_at,
)
from argosy.domains.products.domain.product import ARCHIVED, Product, Variant
from argosy.domains.products.domain.sale import Sale, plan_sale, was_price
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.bulk import BULK_MAX, BulkAnswer, each
from argosy.shared_kernel.errors import Invalid, NotFound, refuse
from argosy.shared_kernel.ids import Id, is_id

_TIMER = "price"


class NoSuchVariant(NotFound):
    """The product has no such variant."""


class NotAnInstant(Invalid):
    """An instant says its offset from UTC."""


class Pricing:
    """Sets prices, lets planned ones come into force, and quotes."""

    def __init__(
        self,
        work: UnitOfWork,
        products: Repository[Product],
        prices: Repository[Price],
        offers: Repository[Offer],
    ) -> None:
        self.work = work
        self.products = products
        self.prices = prices
        self.offers = offers

    @reads(offers=lambda command: [line.variant_id for line in command.lines if is_id(line.variant_id)])
    def quote_lines(self, command: QuoteLines) -> None:
        """Every line at the price in force, all in one currency: the one that is asked for, or that of the first line.
        Or refused with every line that cannot be sold in it."""
        check_lines(command.lines)
        currency = command.currency
        answers: list[QuotedLine] = []
        faults: list[dict[str, object]] = []
        for line in command.lines:
            offer = self.offers.find(line.variant_id) if is_id(line.variant_id) else None
            code = why_not_for_sale(line, offer, currency)
            if code or offer is None:
                faults.append({"line_no": line.line_no, "code": code})
                continue
            currency = currency or offer.currency
            answers.append(quoted(line, offer, currency))
        if faults:
            raise LinesNotForSale(lines=faults)
        self.work.announce(LinesQuoted(flow_id=command.flow_id, currency=currency, lines=tuple(answers)))

    @reads(
        products=lambda command: ids(command.product_id),
        prices=lambda command: [by("variant_id", id) for id in ids(command.variant_id)],
        offers=lambda command: ids(command.variant_id),
    )
    def set_price(self, command: SetPrice) -> Id:
        """A new version of a variant's price in a currency, in force at once or from a time to come; its id. What is
        the price already is not set again."""
        return self._set_price(command)

    @reads(
        products=lambda command: [id for one in command.items[:BULK_MAX] for id in ids(one.product_id)],
        prices=lambda command: [by("variant_id", id) for one in command.items[:BULK_MAX] for id in ids(one.variant_id)],
        offers=lambda command: [id for one in command.items[:BULK_MAX] for id in ids(one.variant_id)],
    )
    def set_prices(self, command: SetPrices) -> BulkAnswer:
        """Each by the same rules as one alone. No variant comes twice in a currency: two prices from now on would be
        none."""
        return each(command.items, lambda one: (one.variant_id, one.currency), self._set_price)

    def _set_price(self, command: SetPrice | NewPrice) -> Id:
        product = owned(self.products, command.product_id, self.work.actor)
        now = self.work.now
        starts = command.effective_from or now
        refuse(
            [
                *money_faults(command.amount, command.currency),
                NotAnInstant(field="effective_from") if starts.tzinfo is None else None,
            ]
        )
        variant = _variant(product, command.variant_id)
        product.be_open()
        if len(variant.currencies | {command.currency}) > CURRENCIES_MAX:
            raise TooManyCurrencies(most=CURRENCIES_MAX)
        new = Price(
            id=self.work.new_id(),
            product_id=product.id,
            variant_id=command.variant_id,
            base_price=command.amount,
            currency=command.currency,
            effective_from=starts,
        )
        counts = add_version(self.prices.all_by("variant_id", command.variant_id), new, now)
        if counts is not new:
            return counts.id
        self.prices.add(new)
        if starts > now:
            self._plan(new)
        else:
            self._charge(product, new)
        return new.id

    @reads(
        products=lambda command: ids(command.product_id),
        prices=lambda command: [by("variant_id", id) for id in ids(command.variant_id)],
        offers=lambda command: ids(command.variant_id),
    )
    def set_sale(self, command: SetSale) -> Id:
        """A lower price for a while; the id of its version. The price before it comes back by itself."""
        product = owned(self.products, command.product_id, self.work.actor)
        now = self.work.now
        starts = command.starts_at or now
        refuse(
            [
                *money_faults(command.amount, command.currency),
                NotAnInstant(field="starts_at") if starts.tzinfo is None else None,
                NotAnInstant(field="ends_at") if command.ends_at.tzinfo is None else None,
            ]
        )
        _variant(product, command.variant_id)
        product.be_open()
        sale = Sale(
            amount=command.amount,
            currency=command.currency,
            starts_at=starts,
            ends_at=command.ends_at,
            price_id=self.work.new_id(),
            after_id=self.work.new_id(),
        )
        lowered, after = plan_sale(self.prices.all_by("variant_id", command.variant_id), sale, now)
        for version in (lowered, after):
            self.prices.add(version)
        self._plan(after)
        if starts > now:
            self._plan(lowered)
        else:
            self._charge(product, lowered)
        return lowered.id

    @reads(
        products=lambda command: ids(command.product_id),
        prices=lambda command: [by("variant_id", id) for id in ids(command.variant_id)],
        offers=lambda command: ids(command.variant_id),
    )
    def end_price(self, command: EndPrice) -> None:
        """Sold in this currency no more. Where it is not, nothing is changed."""
        product = owned(self.products, command.product_id, self.work.actor)
        variant = _variant(product, command.variant_id)
        product.be_open()
        if command.currency == variant.currency:
            raise OwnCurrencyStays(currency=variant.currency)
        end_versions(in_currency(self.prices.all_by("variant_id", variant.id), command.currency), self.work.now)
        if command.currency in variant.currencies:
            self._price_beside(product, variant, command.currency, None, self.work.now)

    @reads(
        products=lambda command: [command.product_id],
        prices=lambda command: [by("variant_id", command.variant_id)],
        offers=lambda command: [command.variant_id],
    )
    def apply_price(self, command: ApplyPrice) -> None:
        """The offer follows the price that is in force now in a currency. Repeated, late, or overtaken, it changes
        nothing more."""
        product = self.products.find(command.product_id)
        if product is None or product.status == ARCHIVED:
            return
        # A clock that was set back must not make the plan's own time look like the future.
        instant = max(self.work.now, command.effective_from)
        offer = self.offers.get(command.variant_id)
        currency = command.currency or offer.currency
        price = price_at(in_currency(self.prices.all_by("variant_id", command.variant_id), currency), instant)
        charged = offer.price_in(currency)
        if price is not None and (charged is None or charged.price_id != price.id):
            self._charge(product, price)

    def _plan(self, price: Price) -> None:
        """Have it come into force when its time comes."""
        self.work.later(
            _TIMER,
            price.id,
            price.effective_from,
            ApplyPrice(
                product_id=price.product_id,
                variant_id=price.variant_id,
                effective_from=price.effective_from,
                currency=price.currency,
            ),
        )

    def _charge(self, product: Product, price: Price) -> None:
        was = was_price(self.prices.all_by("variant_id", price.variant_id), price)
        ends_at = price.effective_to if price.discount else None
        priced = _variant(product, price.variant_id)
        if priced.price and price.currency != priced.currency:
            beside = PriceInCurrency(
                currency=price.currency, amount=price.amount, price_id=price.id, was_amount=was, sale_ends_at=ends_at
            )
            self._price_beside(product, priced, price.currency, beside, price.effective_from)
            return
        self.offers.get(price.variant_id).charge(price)
        product.copy_price(
            replace(priced, price=price.amount, currency=price.currency, was_price=was, sale_ends_at=ends_at),
            self.work.now,
        )
        product.record(
            PriceChanged(
                product_id=product.id,
                variant_id=price.variant_id,
                price_id=price.id,
                amount=price.amount,
                currency=price.currency,
                effective_from=price.effective_from,
                was_amount=was,
                sale_ends_at=ends_at,
            )
        )

    def _price_beside(
        self, product: Product, variant: Variant, currency: str, price: PriceInCurrency | None, since: datetime
    ) -> None:
        """From now on the variant costs this in a currency beside its own, or is not sold in it."""
        others = [one for one in variant.other_prices if one.currency != currency]
        now = tuple(sorted([*others, price] if price is not None else others, key=lambda one: one.currency))
        self.offers.get(variant.id).other_prices = now
        product.copy_price(replace(variant, other_prices=now), self.work.now)
        product.record(
            CurrencyPriceChanged(
                product_id=product.id,
                variant_id=variant.id,
                currency=currency,
                effective_from=since,
                price_id=price.price_id if price is not None else None,
                amount=price.amount if price is not None else None,
                was_amount=price.was_amount if price is not None else None,
                sale_ends_at=price.sale_ends_at if price is not None else None,
            )
        )


def _variant(product: Product, variant_id: Id) -> Variant:
    found = product.variant(variant_id)
    if found is None:
        raise NoSuchVariant(variant_id=variant_id)
    return found
