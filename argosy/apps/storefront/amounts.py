"""Money and moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_symbol

from argosy.shared_kernel.money import exponent

LOCALE = "en_US"
_TEXTS_KEPT = 16_384


@lru_cache(_TEXTS_KEPT)  # Babel takes 33 microseconds for each, and a shop shows the same prices again and again.
def money_text(amount: int, currency: str) -> str:
    """Minor units with the decimals that the currency has: 0 for JPY, 2 for EUR, 3 for KWD."""
    if not currency:
        return ""
    places = exponent(currency)
    # A code and its number would run into each other; a symbol stands close.
    space = "\N{NO-BREAK SPACE}" if get_currency_symbol(currency, LOCALE) == currency else ""
    pattern = f"¤{space}#,##0{'.' if places else ''}{'0' * places}"
    return format_currency(Decimal(amount).scaleb(-places), currency, pattern, locale=LOCALE, currency_digits=False)


def moment_text(moment: datetime | str) -> str:
    """A moment to the minute, in UTC."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
