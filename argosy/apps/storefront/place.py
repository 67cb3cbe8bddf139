"""Where a visitor would have things sent to: as they said on the cart's page, or the address that they keep first."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse

from argosy.apps.storefront.countries import country_name, country_names
from argosy.apps.storefront.pages import Visit
from argosy.domains.accounts.adapters.outbound.queries import first_address_of

PLACE_COOKIE = "argosy_place"
POSTAL_CODE_MAX = 20
_COOKIE_LETTERS_MAX = 200


@dataclass(frozen=True)
class Place:
    """What taxes and delivery depend on of an address."""

    country: str
    postal_code: str = ""
    region: str = ""

    @property
    def name(self) -> str:
        return ", ".join(part for part in (country_name(self.country), self.region, self.postal_code) if part)


def place_of(visit: Visit) -> Place | None:
    """None where nothing is known yet."""
    said = dict(parse_qsl(visit.request.COOKIES.get(PLACE_COOKIE, "")[:_COOKIE_LETTERS_MAX]))
    told = place_from(said.get("country", ""), said.get("postal_code", ""))
    if told is not None or not visit.actor.id:
        return told
    kept = first_address_of(visit.actor.id)
    return None if kept is None else Place(kept.country, kept.postal_code, kept.region)


def place_from(country: str, postal_code: str) -> Place | None:
    """None for a country that there is not, or for what is no postal code."""
    is_code = len(postal_code) <= POSTAL_CODE_MAX and postal_code.isprintable()
    return Place(country, postal_code) if is_code and country in dict(country_names()) else None


def remember(visit: Visit, response: HttpResponse, place: Place) -> HttpResponse:
    """For as long as the browser is open."""
    said = urlencode({"country": place.country, "postal_code": place.postal_code})
    response.set_cookie(PLACE_COOKIE, said, httponly=True, samesite="Lax", secure=visit.request.is_secure())
    return response
