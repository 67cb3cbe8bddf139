"""What templates can say: money, moments and the addresses of assets."""

from __future__ import annotations

from urllib.parse import urlencode

from django.template import Library

from argosy.apps.storefront.amounts import moment_text, money_text
from argosy.apps.storefront.assets import asset_address

register = Library()
register.filter("money", money_text)
register.filter("moment", moment_text)
register.simple_tag(asset_address, name="asset")


@register.simple_tag
def listing_address(**filters: str) -> str:
    """The address of a listing; what is empty is left out."""
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"/products?{query}" if query else "/products"
