"""Shipping over HTTP: what delivery costs, set by sellers for themselves and by staff for the platform."""

from __future__ import annotations

from argosy.contracts.shipping import SetShippingRate
from argosy.platform.auth import merchant
from argosy.platform.rest import Made, post

endpoints = [post("shipping/rates", SetShippingRate, allow=merchant, status=201, filled=("seller_id",), answers=Made)]
