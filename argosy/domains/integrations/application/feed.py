"""How facts become the feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from argosy.contracts.accounts import HolidayEnded, HolidayStarted, SellerReinstated, SellerSuspended
from argosy.contracts.integrations import EventTold
from argosy.contracts.inventory import (
    ShortageClosed,
    ShortageOpened,
    StockRanLow,
    StockReconciled,
    StockTold,
    TransferReceived,
    TransferSent,
)
from argosy.contracts.inventory_counts import StockCountEnded
from argosy.contracts.orders import (
    DeliveryChanged,
    OrderCancellationFailed,
    OrderCancellationRequested,
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderPaid,
    OrderPaymentMethodChanged,
    OrderRefunded,
)
from argosy.contracts.products import (
    CurrencyPriceChanged,
    PriceChanged,
    ProductArchived,
    ProductCreated,
    ProductPublished,
    ProductSoldAgain,
    ProductUnpublished,
    ProductUpdated,
    ProductWithheld,
    VariantsAdded,
)
from argosy.contracts.promotions import PromotionCreated, PromotionEnded
from argosy.contracts.taxes_thresholds import TaxThresholdCrossed, TaxThresholdNeared
from argosy.domains.integrations.domain.feed import (
    ORDER_FEED,
    PUBLIC,
    FeedEvent,
    FeedOrder,
    ProductOwner,
    told_of,
)
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

OfSellers = (
    OrderCreated
    | OrderConfirmed
    | OrderPaid
    | OrderCancelled
    | OrderRefunded
    | OrderCancellationRequested
    | OrderCancellationFailed
    | OrderPaymentMethodChanged
    | DeliveryChanged
    | ProductCreated
    | ProductPublished
    | VariantsAdded
    | StockRanLow
    | ShortageOpened
    | ShortageClosed
    | StockReconciled
    | StockCountEnded
    | TransferSent
    | TransferReceived
    | SellerSuspended
    | SellerReinstated
    | HolidayStarted
    | HolidayEnded
    | TaxThresholdNeared
    | TaxThresholdCrossed
)
MADE = (ProductCreated, ProductPublished)
OfProducts = (
    ProductUpdated
    | ProductUnpublished
    | ProductArchived
    | ProductWithheld
    | ProductSoldAgain
    | PriceChanged
    | CurrencyPriceChanged
)
PLATFORM = "platform"
"""Who gives a promotion that is no seller's."""


SETTING = "ARGOSY_EVENT_FEED"
NEWS = "feed"
"""What is rung for when the feed has grown."""


def is_feed_on(environment: Mapping[str, str]) -> bool:
    """Whether the operator has the feed kept."""
    return environment.get(SETTING, "no") == "yes"


class Feed:
    """Keeps the feed."""

    def __init__(
        self,
        work: UnitOfWork,
        order: Repository[FeedOrder],
        events: Repository[FeedEvent],
        owners: Repository[ProductOwner],
    ) -> None:
        self.work = work
        self.order = order
        self.events = events
        self.owners = owners

    @reads(
        order=lambda event: [ORDER_FEED],
        owners=lambda event: [event.product_id] if isinstance(event, MADE) else [],
    )
    def tell(self, event: OfSellers) -> None:
        """A fact that says whose it is; what is the platform's own, no program is told."""
        if event.seller_id is None:
            return
        if isinstance(event, MADE) and self.owners.find(event.product_id) is None:
            self.owners.add(ProductOwner(id=event.product_id, seller_id=event.seller_id))
        self._tell(event, event.seller_id)

    @reads(order=lambda event: [ORDER_FEED], owners=lambda event: [event.product_id])
    def tell_of_product(self, event: OfProducts) -> None:
        """A fact about a product. Of one whose seller was never told here, nobody is told."""
        owner = self.owners.find(event.product_id)
        if owner is not None:
            self._tell(event, owner.seller_id)

    @reads(order=lambda event: [ORDER_FEED])
    def tell_of_stock(self, event: StockTold) -> None:
        """How stock units stand, each to whose it is."""
        for unit in event.units:
            if unit.seller_id is not None:
                self._tell(unit, unit.seller_id)

    @reads(order=lambda event: [ORDER_FEED], owners=lambda event: [event.promotion_id])
    def tell_of_promotion(self, event: PromotionCreated | PromotionEnded) -> None:
        """A seller's own promotion. Of the platform's, and of one that began before the feed, nobody is told."""
        owner = self.owners.find(event.promotion_id)
        if owner is None and isinstance(event, PromotionCreated) and event.funded_by != PLATFORM:
            owner = ProductOwner(id=event.promotion_id, seller_id=Id(event.funded_by))
            self.owners.add(owner)
        if owner is not None:
            self._tell(event, owner.seller_id)

    def _tell(self, event: Any, seller_id: Id) -> None:
        public = PUBLIC[type(event)]
        order = self.order.find(ORDER_FEED)
        if order is None:
            order = FeedOrder(id=ORDER_FEED)
            self.order.add(order)
        told = FeedEvent(
            id=self.work.new_id(),
            position=order.next(),
            seller_id=seller_id,
            type=public.type,
            occurred_at=self.work.told_at,
            data=told_of(event),
        )
        self.events.add(told)
        self.work.announce(
            EventTold(
                event_id=told.id,
                about=getattr(event, public.about),
                seller_id=seller_id,
                type=told.type,
                occurred_at=told.occurred_at,
            )
        )
