"""What shipping refuses, in broken sentences."""

from __future__ import annotations

from argosy.shared_kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken


class AmountOutOfBounds(Invalid):
    """Delivery charges are whole minor units, from zero up to a limit."""


class QuantityOutOfBounds(Invalid):
    """Quantities count pieces: whole numbers from one up to a limit."""


class CountryNotReadable(Invalid):
    """Countries are two capital letters (ISO 3166-1)."""


class MethodNotReadable(Invalid):
    """A delivery method is named by lower-case letters, digits, - and _, and has a label of up to 100 letters."""


class DaysOutOfBounds(Invalid):
    """Delivery takes from so many days to as many or more, and at most a year."""


class SellerNotReadable(Invalid):
    """This is not a seller's id."""


class LinesNotReadable(Invalid):
    """A delivery has from one to so many lines, each with a number of its own."""


class WeightOutOfBounds(Invalid):
    """Weights and volumes of pieces are whole numbers, from zero up to a limit."""


class BandsNotReadable(Invalid):
    """Bands go up in weight, each above the one before; extra grams need a band to be extra to."""


class ZonesNotReadable(Invalid):
    """Zones have names and places of their own, and at most one has no places."""


class RestrictionsNotReadable(Invalid):
    """A restriction has a reason of up to 200 letters, and names categories and places that can be read."""


class DivisorOutOfBounds(Invalid):
    """The volumetric divisor counts cubic millimetres for a gram: from 1 to 1,000,000, or 0 for none."""


class PolicyNotReadable(Invalid):
    """A policy names a time zone, minutes of a day, up to 60 days, days of the week from 1 to 7, and up to 400 days."""


class NoDelivery(RuleBroken):
    """Some lines cannot be delivered there by the method that was chosen."""


class MayNotSetRates(NotAllowed):
    """Only the seller or our staff may say what delivery costs."""


class NoSuchRate(NotFound):
    """There is no such rate, or it is not yours."""
