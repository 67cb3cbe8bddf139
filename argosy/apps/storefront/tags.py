"""What templates can say: money, moments, countries and the addresses of assets."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from django.template import Library
from django.utils.safestring import SafeString, mark_safe

from argosy.apps.storefront.amounts import moment_text, money_text
from argosy.apps.storefront.assets import asset_address, sized
from argosy.apps.storefront.countries import country_name
from argosy.platform.rich_text import clean
from argosy.shared_kernel.codec import encode

register = Library()
register.filter("money", money_text)
register.filter("moment", moment_text)
register.filter("country", country_name)
register.filter("sized", sized)


@register.filter
def rich(html: str) -> SafeString:
    """A seller's rich text. It was cleaned when it was written; it is cleaned again, so that a document that anything
    else has written can do no harm."""
    return mark_safe(clean(html))


@register.filter
def as_json(value: msgspec.Struct) -> str:
    """For a form that carries what was shown."""
    return encode(value).decode()


register.simple_tag(asset_address, name="asset")


@register.simple_tag
def listing_address(**filters: str) -> str:
    """The address of a listing, which for a seller is their store's page; what is empty is left out."""
    place = f"/stores/{seller}" if (seller := filters.pop("seller", "")) else "/products"
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"{place}?{query}" if query else place
