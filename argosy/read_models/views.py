"""The views: which projectors fill each, and with which rows.

A view is one subscription, and what is rebuilt as a whole. Carts are shown with titles and prices of products, so both
are in one view, whose sources are read in the order in which its projectors are named: after everything was deleted,
products are there before the first cart. Stock lies there as well, because that view listens to inventory anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from argosy.engine.participant import Participant, handlers_of
from argosy.engine.work import UnitOfWork
from argosy.read_models.active_promotions.projector import ActivePromotion, ActivePromotionsProjector
from argosy.read_models.audit.projector import Act, AuditProjector
from argosy.read_models.cart_summary.projector import CartSummary, CartSummaryProjector
from argosy.read_models.catalogue.projector import (
    CatalogueProjector,
    CategoryCount,
    PriceBeside,
    ProductDetail,
    ProductListing,
    StockUnitLevel,
)
from argosy.read_models.checkout_progress.projector import CheckoutProgress, CheckoutProgressProjector
from argosy.read_models.order_history.projector import OrderHistoryProjector, OrderSummary, SellerDashboard
from argosy.read_models.stock.projector import Shelf, SkuLevel, StockProjector
from argosy.read_models.stores.projector import StoreShown, StoresProjector
from argosy.shared_kernel.aggregate import Aggregate

TELLING = (
    "accounts",
    "products",
    "inventory",
    "carts",
    "promotions",
    "taxes",
    "checkout",
    "orders",
    "payments",
    "shipping",
    "notifications",
    "integrations",
)
"""Every context that tells anything: what staff do may be told by any."""


class NoSuchView(Exception):
    """There is no view of this name; the text lists those that there are."""


@dataclass(frozen=True)
class View:
    """`shows` are the names under which people know its parts."""

    name: str
    shows: tuple[str, ...]
    projectors: tuple[type, ...]
    kinds: tuple[type[Aggregate], ...]
    build: Callable[[UnitOfWork], Sequence[Any]]
    hears: tuple[str, ...] = ()
    """Contexts of whose messages that any may tell it hears."""

    @cached_property
    def participant(self) -> Participant:
        return Participant(self.name, handlers_of(self.projectors), self.build, self.hears, is_projector=True)


def _catalogue(work: UnitOfWork) -> Sequence[Any]:
    products = work.repository(ProductDetail)
    return (
        CatalogueProjector(
            work,
            products,
            work.repository(ProductListing),
            work.repository(StockUnitLevel),
            work.repository(CategoryCount),
            work.repository(PriceBeside),
        ),
        CartSummaryProjector(work, work.repository(CartSummary), products),
        StockProjector(work, work.repository(SkuLevel), work.repository(Shelf)),
    )


def _checkout_progress(work: UnitOfWork) -> Sequence[Any]:
    return (CheckoutProgressProjector(work, work.repository(CheckoutProgress)),)


def _order_history(work: UnitOfWork) -> Sequence[Any]:
    return (OrderHistoryProjector(work, work.repository(OrderSummary), work.repository(SellerDashboard)),)


def _active_promotions(work: UnitOfWork) -> Sequence[Any]:
    return (ActivePromotionsProjector(work, work.repository(ActivePromotion)),)


def _stores(work: UnitOfWork) -> Sequence[Any]:
    return (StoresProjector(work, work.repository(StoreShown)),)


def _audit(work: UnitOfWork) -> Sequence[Any]:
    return (AuditProjector(work, work.repository(Act)),)


CATALOGUE = View(
    "catalogue",
    ("product_detail", "product_listing", "availability", "cart_summary", "sku_availability", "warehouse_stock"),
    (CatalogueProjector, CartSummaryProjector, StockProjector),
    (ProductDetail, ProductListing, PriceBeside, StockUnitLevel, CategoryCount, CartSummary, SkuLevel, Shelf),
    _catalogue,
)
CHECKOUT_PROGRESS = View("checkout_progress", (), (CheckoutProgressProjector,), (CheckoutProgress,), _checkout_progress)
ORDER_HISTORY = View(
    "order_history", ("seller_dashboard",), (OrderHistoryProjector,), (OrderSummary, SellerDashboard), _order_history
)

ACTIVE_PROMOTIONS = View("active_promotions", (), (ActivePromotionsProjector,), (ActivePromotion,), _active_promotions)

STORES = View("stores", (), (StoresProjector,), (StoreShown,), _stores)

AUDIT = View("audit", (), (AuditProjector,), (Act,), _audit, hears=TELLING)

VIEWS = (CATALOGUE, CHECKOUT_PROGRESS, ORDER_HISTORY, ACTIVE_PROMOTIONS, STORES, AUDIT)


def view_named(name: str) -> View:
    """The view of this name, or the one that shows this."""
    for view in VIEWS:
        if name == view.name or name in view.shows:
            return view
    known = ", ".join(f"{view.name} ({', '.join(view.shows)})" if view.shows else view.name for view in VIEWS)
    raise NoSuchView(f"there is no view {name}; there are {known}")
