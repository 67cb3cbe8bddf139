"""Sellers who price some of what they sell in a second currency, and change their minds while people buy."""

from __future__ import annotations

from random import Random

from argosy.contracts.products import EndPrice, SetPrice
from argosy.contracts.shipping import SetShippingRate
from argosy.shared_kernel.errors import DomainError
from argosy.simulation.facts import Asked, Facts
from argosy.simulation.faults import Faults
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import SECOND
from argosy.simulation.shop import SECOND_CURRENCY, Goods, goods_of, seller, seller_actor

ONE_IN = 3
"""In so many seeds."""


def has_second_currency(faults: Faults) -> bool:
    return bool(faults.rates["second currency"]) and Random(f"{faults.seed}:two currencies").randrange(ONE_IN) == 0


class Exporter(Person):
    """One seller's prices abroad. One of them is changed at a time: so the facts are exact."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"exporter {number}")
        self.id = seller(number)
        self.actor = seller_actor(self.id)
        self.goods = goods_of(number)
        self.is_open = has_second_currency(place.faults)
        self._is_busy = False

    def open(self) -> None:
        """Most things have a price abroad, and most sellers deliver for one."""
        if not self.is_open:
            return
        web = self.place.webs[0]
        for goods in self.goods:
            amount = 203 + self.random.randrange(900) if self.random.random() < 0.8 else None
            self.facts.abroad[goods.variant_id] = [Asked(amount, 0)]
            if amount is not None:
                self.place.faults.count("second currency")
                web.do("products", self._price(goods, amount), self.actor)
        if self.random.random() < 0.9:
            web.do("shipping", self._rate(), self.actor)

    def attend(self, rush: Rush) -> None:
        if self.is_open and self.place.faults.strikes("price abroad changed"):
            at = rush.at + self.random.randrange(rush.spread + 3 * SECOND)
            self.place.scheduler.at(at, self.name, self._change)

    def _change(self) -> None:
        """It may count from the first try on, whatever its seller hears of it."""
        if self._is_busy:
            return
        self._is_busy = True
        goods = self.random.choice(self.goods)
        amount = None if self.random.random() < 0.25 else 203 + self.random.randrange(900)
        self.facts.abroad[goods.variant_id].append(Asked(amount, self.place.scheduler.time))
        end = EndPrice(product_id=goods.product_id, variant_id=goods.variant_id, currency=SECOND_CURRENCY)
        command = end if amount is None else self._price(goods, amount)
        self.ask("products", command, self.actor, told=lambda _: self._changed(goods), refused=self._not_changed)

    def _changed(self, goods: Goods) -> None:
        asked = self.facts.abroad[goods.variant_id]
        asked[-2] = asked[-2]._replace(until=self.place.scheduler.time)
        self._is_busy = False

    def _not_changed(self, error: DomainError) -> None:
        raise AssertionError(f"a seller may ask what they like for what is theirs: {error.code}")

    def _price(self, goods: Goods, amount: int) -> SetPrice:
        return SetPrice(
            product_id=goods.product_id, variant_id=goods.variant_id, amount=amount, currency=SECOND_CURRENCY
        )

    def _rate(self) -> SetShippingRate:
        return SetShippingRate(
            seller_id=self.id, method="standard", currency=SECOND_CURRENCY, base_amount=311, item_amount=17
        )
