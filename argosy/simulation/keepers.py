"""Sellers and operators: they change prices and counts while people buy, move leases, end workers, mend what broke."""

from __future__ import annotations

from argosy.contracts.accounts import EndHoliday, ReinstateSeller, StartHoliday, SuspendSeller
from argosy.contracts.inventory import AdjustStock, ReceiveStock
from argosy.contracts.products import PublishProduct, SetPrice, UnpublishProduct
from argosy.contracts.promotions import (
    CreateCoupon,
    CreatePromotion,
    DisableCoupon,
    EndPromotion,
    PromotionTerms,
)
from argosy.domains.inventory.domain.stock import StockItem, stock_item_id
from argosy.engine.work import SYSTEM
from argosy.shared_kernel.ids import Id, named_id
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.scheduler import BEGIN, HOUR, MINUTE, SECOND, moment
from argosy.simulation.shop import (
    CURRENCY,
    Goods,
    goods_of,
    note_coupon,
    note_promotion,
    seller,
    seller_actor,
)

LOW, DELIVERY = 12, 30


class Seller(Person):
    """One seller over thirty days."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"seller {number}")
        self.id = seller(number)
        self.actor = seller_actor(self.id)
        self.goods = goods_of(number)
        self._references = 0
        for goods in self.goods:
            facts.prices.setdefault(goods.variant_id, [(0, goods.amount)])

    def attend(self, at: int, spread: int) -> None:
        """Do what sellers do, in the middle of a rush."""
        faults = self.place.faults
        if faults.strikes("price changed"):
            self._at(at, spread, self._change_price)
        if faults.strikes("stock changed"):
            self._at(at, spread, self._correct)
        if faults.strikes("off sale"):
            self._at(at, spread, self._take_off_sale)
        if faults.strikes("holiday"):
            begins = at + faults.between("holiday", 0, spread)
            self.place.scheduler.at(begins, self.name, self._go_away)
        if faults.strikes("suspended"):
            # Drawn apart: what else a seller does is the same with it and without.
            moment = at + faults.between("suspended", 0, spread)
            self.place.scheduler.at(moment, self.name, self._be_suspended)

    def fill_up(self) -> None:
        """Between rushes: what is low is bought in."""
        for unit in dict.fromkeys(goods.stock_unit_id for goods in self.goods):
            if self._available(unit) < LOW:
                self._receive(unit, DELIVERY)

    def sell_out(self, goods: Goods, left: int) -> None:
        """Count a shelf down to the last few: several will want them."""
        change = left * goods.units_each - self._available(goods.stock_unit_id)
        if change < 0:
            self._adjust(goods.stock_unit_id, change)
        elif change > 0:
            self._receive(goods.stock_unit_id, change)

    def _at(self, at: int, spread: int, act: object) -> None:
        assert callable(act)
        self.place.scheduler.at(at + self.random.randrange(spread + 3 * SECOND), self.name, act)

    def _change_price(self) -> None:
        goods = self.goods[self.random.randrange(len(self.goods))]
        amount = max(1, goods.amount + self.random.randrange(-200, 200))
        # It may be in force from the first try on, whatever we hear of it.
        self.facts.prices[goods.variant_id].append((self.place.scheduler.time, amount))
        command = SetPrice(product_id=goods.product_id, variant_id=goods.variant_id, amount=amount, currency=CURRENCY)
        self.ask("products", command, self.actor)

    def _correct(self) -> None:
        goods = self.goods[self.random.randrange(2)]
        self._adjust(goods.stock_unit_id, -1 - self.random.randrange(6))

    def _take_off_sale(self) -> None:
        goods = self.goods[self.random.randrange(len(self.goods))]
        self.ask("products", UnpublishProduct(product_id=goods.product_id), self.actor)
        back = PublishProduct(product_id=goods.product_id)
        self.later(5 * MINUTE, lambda: self.ask("products", back, self.actor))

    def _go_away(self) -> None:
        """For some minutes, now and then until a time that they name themselves."""
        draw = self.place.faults.stream("holiday").random()
        until = moment(self.place.scheduler.time + 4 * MINUTE) if draw < 0.3 else None
        self.ask("accounts", StartHoliday(until=until), self.actor)
        self.later(4 * MINUTE, lambda: self.ask("accounts", EndHoliday(), self.actor))

    def _be_suspended(self) -> None:
        """Staff think better of it, also where they were not told that it is done: then it is refused, as done."""
        self.facts.suspended.append((self.id, self.place.scheduler.time))
        stop, go_on = SuspendSeller(seller_id=self.id, reason="looked into"), ReinstateSeller(seller_id=self.id)

        def reinstate(_: object) -> None:
            self.later(4 * MINUTE, lambda: self.ask("accounts", go_on, SYSTEM))

        self.ask("accounts", stop, SYSTEM, told=reinstate, refused=reinstate)

    def _receive(self, unit: Id, quantity: int) -> None:
        """The goods are on the shelf whatever the computer says; it is told until it has heard."""
        self._references += 1
        reference = f"{self.name}-{self._references}"
        self.facts.received[unit] = self.facts.received.get(unit, 0) + quantity
        receipt = ReceiveStock(stock_unit_id=unit, quantity=quantity, reference_id=reference, seller_id=self.id)
        self.ask("inventory", receipt, self.actor)

    def _adjust(self, unit: Id, change: int) -> None:
        """A correction below what is promised is refused, and then not made."""
        self._references += 1
        adjust = AdjustStock(
            stock_unit_id=unit, change=change, reason="counted", reference_id=f"{self.name}-{self._references}"
        )
        self.ask("inventory", adjust, self.actor, told=lambda level: self._corrected(unit, change))

    def _corrected(self, unit: Id, change: int) -> None:
        self.facts.corrected[unit] = self.facts.corrected.get(unit, 0) + change

    def _available(self, unit: Id) -> int:
        row = self.place.store("inventory").rows[StockItem].get(stock_item_id(unit))
        return row.available if isinstance(row, StockItem) else 0


class Operator(Person):
    """Runs the marketplace, not always gently."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        super().__init__(place, facts, "operator")
        self._coupons = self._deals = 0

    def attend(self, at: int, spread: int) -> None:
        """Meddle in the middle of a rush."""
        faults, scheduler = self.place.faults, self.place.scheduler
        for worker in self.place.workers:
            if faults.strikes("worker killed"):
                scheduler.at(self._moment(at, spread), self.name, lambda worker=worker: worker.kill())  # type: ignore[misc]
            elif faults.strikes("worker asleep"):
                length = 9 * SECOND + faults.between("worker asleep", 0, 10 * MINUTE)
                scheduler.at(
                    self._moment(at, spread),
                    self.name,
                    lambda worker=worker, length=length: worker.sleep(scheduler.time + length),  # type: ignore[misc]
                )
        for label in self.place.parts:
            if faults.strikes("lease moved"):
                scheduler.at(self._moment(at, spread), self.name, lambda label=label: self.place.move(label))  # type: ignore[misc]
        scheduler.at(at + spread + self.random.randrange(10, 40) * MINUTE, self.name, self.redrive)
        for label, part in self.place.parts.items():
            if part.schedule:
                moment = at + spread + self.random.randrange(2, 25) * MINUTE
                scheduler.at(moment, self.name, lambda label=label: self.place.look_at_schedule(label))  # type: ignore[misc]
                if faults.strikes("plan lost"):
                    lost = self._moment(at, spread)
                    scheduler.at(lost, self.name, lambda label=label: self.place.jobs.lose_plan(label))  # type: ignore[misc]
                    mended = lost + self.random.randrange(1, 20) * MINUTE
                    scheduler.at(mended, self.name, lambda label=label: self.place.jobs.plan_missing(label))  # type: ignore[misc]

    def last_coupon(self, at: int, spread: int) -> str:
        """A coupon with one or two uses, which many will want; it may end under their hands."""
        self._coupons += 1
        code, uses = f"FEW{self._coupons}", 1 + self.random.randrange(2)
        create = CreateCoupon(code=code, basis_points=1_000 + self.random.randrange(3_000), max_uses=uses)
        note_coupon(self.facts, create)
        self.place.scheduler.at(at - MINUTE, self.name, lambda: self.ask("promotions", create, SYSTEM))
        if self.place.faults.strikes("coupon disabled"):
            end = DisableCoupon(code=code)
            moment = self._moment(at, spread)
            self.place.scheduler.at(moment, self.name, lambda: self.ask("promotions", end, SYSTEM))
        return code

    def flash_deal(self, at: int, wanted: Goods) -> None:
        """A third off the first few pieces, paid by their seller; it may end under buyers' hands."""
        faults = self.place.faults
        self._deals += 1
        draw = faults.stream("flash deal")
        terms = PromotionTerms(
            effect="percentage", basis_points=3_333, product_ids=(wanted.product_id,), units_max=1 + draw.randrange(4)
        )
        create = CreatePromotion(
            name=f"Flash {self._deals}",
            terms=terms,
            funded_by=wanted.seller_id,
            ends_at=moment(at + 2 * HOUR),
            promotion_id=named_id("simulated promotion", f"Flash {self._deals}"),
        )
        note_promotion(self.facts, create)
        scheduler = self.place.scheduler
        scheduler.at(at - MINUTE, self.name, lambda: self.ask("promotions", create, seller_actor(wanted.seller_id)))
        if faults.strikes("deal ended"):
            assert create.promotion_id is not None
            end = EndPromotion(promotion_id=create.promotion_id)
            then = at + faults.between("deal ended", 0, 5 * SECOND)
            scheduler.at(then, self.name, lambda: self.ask("promotions", end, SYSTEM))

    def redrive(self) -> None:
        """Have everything that is parked tried again at once."""
        for label, part in self.place.parts.items():
            parked = part.store.parked_everywhere()
            for one in parked:
                part.store.redrive(one, BEGIN)
            worker = self.place.holder[label]
            if parked and worker.is_alive:
                worker.look_at_parked(label)

    def _moment(self, at: int, spread: int) -> int:
        return at + self.random.randrange(spread + 5 * SECOND)
