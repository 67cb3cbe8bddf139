"""Every address of the shop."""

from __future__ import annotations

from django.urls import path, re_path

from argosy.apps.storefront import window
from argosy.apps.storefront.assets import asset
from argosy.apps.storefront.pages import no_such_page, page

urlpatterns = [
    path("", page(get=window.home)),
    path("products", page(get=window.listing)),
    path("products/<str:product_id>", page(get=window.product)),
    path("assets/<str:digest>/<str:name>", asset),
    # The API and the health pages have an answer of their own for addresses that are none.
    re_path(r"^(?!api/|health/)(?s:.*)$", no_such_page),
]
