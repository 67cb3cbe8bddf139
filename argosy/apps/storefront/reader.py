"""Who looks at the shop: the languages that they take, and the currency that they buy in."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse

from argosy.domains.checkout.adapters.outbound.shop_terms import currencies
from argosy.platform.languages import chosen, wanted
from argosy.read_models.catalogue.page import ProductPage
from argosy.read_models.catalogue.queries import Reader

CURRENCY_COOKIE = "argosy_currency"
_COOKIE_SECONDS = 365 * 24 * 3600


def reader_of(request: HttpRequest) -> Reader:
    """As their browser says, and as they chose here."""
    return Reader(wanted(request.META.get("HTTP_ACCEPT_LANGUAGE", "")), currency_of(request))


def currency_of(request: HttpRequest) -> str:
    """The one that was chosen, or the shop's first; "" where the operator lists none: then each thing is sold in its
    own."""
    offered = currencies()
    said = request.COOKIES.get(CURRENCY_COOKIE, "")
    return said if said in offered else next(iter(offered), "")


def remember_currency(request: HttpRequest, response: HttpResponse, currency: str) -> HttpResponse:
    response.set_cookie(
        CURRENCY_COOKIE,
        currency,
        max_age=_COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


def shown_to(reader: Reader, page: ProductPage) -> ProductPage:
    """The page in the reader's language, with prices in their currency where it has such."""
    locale = chosen(reader.languages, page.locale, [text.locale for text in page.texts])
    spoken = page.spoken(locale) if locale else page
    if not reader.currency:
        return spoken
    return msgspec.structs.replace(
        spoken, variants=[variant.in_currency(reader.currency) or variant for variant in spoken.variants]
    )
