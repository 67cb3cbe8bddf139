"""Taxes over HTTP, for staff."""

from __future__ import annotations

from argosy.contracts.taxes import SetTaxRule
from argosy.platform.auth import staff
from argosy.platform.rest import Made, post

endpoints = [post("taxes/rules", SetTaxRule, allow=staff, status=201, answers=Made)]
