"""Everything that can be asked about what things cost."""

from __future__ import annotations

from dataclasses import replace

from argosy.contracts.products import ApplyPrice, LinesQuoted, PriceChanged, QuotedLine, QuoteLines, SetPrice, SetSale
from argosy.domains.products.application.ownership import ids, owned
from argosy.domains.products.domain.offer import LinesNotForSale, Offer, check_lines, quoted, why_not_for_sale
from argosy.domains.products.domain.price import Price, add_version, money_faults, price_at
from argosy.domains.products.domain.product import ARCHIVED, Product, ProductIsArchived
from argosy.domains.products.domain.sale import Sale, plan_sale, was_price
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
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
        """Every line at the price in force, all in one currency; or refused with every line that cannot be sold."""
        check_lines(command.lines)
        currency = ""
        answers: list[QuotedLine] = []
        faults: list[dict[str, object]] = []
        for line in command.lines:
            offer = self.offers.find(line.variant_id) if is_id(line.variant_id) else None
            code = why_not_for_sale(line, offer, currency)
            if code or offer is None:
                faults.append({"line_no": line.line_no, "code": code})
                continue
            currency = offer.currency
            answers.append(quoted(line, offer))
        if faults:
            raise LinesNotForSale(lines=faults)
        self.work.announce(LinesQuoted(flow_id=command.flow_id, currency=currency, lines=tuple(answers)))

    @reads(
        products=lambda command: ids(command.product_id),
        prices=lambda command: [by("variant_id", id) for id in ids(command.variant_id)],
        offers=lambda command: ids(command.variant_id),
    )
    def set_price(self, command: SetPrice) -> Id:
        """A new version of a variant's price, in force at once or from a time to come; its id. What is the price
        already is not set again."""
        product = owned(self.products, command.product_id, self.work.actor)
        now = self.work.now
        starts = command.effective_from or now
        refuse(
            [
                *money_faults(command.amount, command.currency),
                NotAnInstant(field="effective_from") if starts.tzinfo is None else None,
            ]
        )
        if product.variant(command.variant_id) is None:
            raise NoSuchVariant(variant_id=command.variant_id)
        if product.status == ARCHIVED:
            raise ProductIsArchived(product_id=product.id)
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
        if product.variant(command.variant_id) is None:
            raise NoSuchVariant(variant_id=command.variant_id)
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
        products=lambda command: [command.product_id],
        prices=lambda command: [by("variant_id", command.variant_id)],
        offers=lambda command: [command.variant_id],
    )
    def apply_price(self, command: ApplyPrice) -> None:
        """The offer follows the price that is in force now. Repeated, late, or overtaken, it changes nothing more."""
        product = self.products.find(command.product_id)
        if product is None or product.status == ARCHIVED:
            return
        # A clock that was set back must not make the plan's own time look like the future.
        instant = max(self.work.now, command.effective_from)
        price = price_at(self.prices.all_by("variant_id", command.variant_id), instant)
        if price is not None and self.offers.get(command.variant_id).price_id != price.id:
            self._charge(product, price)

    def _plan(self, price: Price) -> None:
        """Have it come into force when its time comes."""
        self.work.later(
            _TIMER,
            price.id,
            price.effective_from,
            ApplyPrice(product_id=price.product_id, variant_id=price.variant_id, effective_from=price.effective_from),
        )

    def _charge(self, product: Product, price: Price) -> None:
        was = was_price(self.prices.all_by("variant_id", price.variant_id), price)
        ends_at = price.effective_to if price.discount else None
        priced = product.variant(price.variant_id)
        assert priced is not None, f"{product.id} has no variant {price.variant_id}"
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
