"""What templates can say: money, moments, countries and the addresses of assets."""

from __future__ import annotations

from urllib.parse import urlencode

from django.template import Library

from argosy.apps.storefront.amounts import moment_text, money_text
from argosy.apps.storefront.assets import asset_address
from argosy.apps.storefront.countries import country_name

register = Library()
register.filter("money", money_text)
register.filter("moment", moment_text)
register.filter("country", country_name)


@register.filter
def spoken(category: str) -> str:
    """A category's name as a person writes it: `bed_bath_table` is "bed bath table"."""
    return category.replace("_", " ")


register.simple_tag(asset_address, name="asset")


@register.simple_tag
def listing_address(**filters: str) -> str:
    """The address of a listing; what is empty is left out."""
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"/products?{query}" if query else "/products"
