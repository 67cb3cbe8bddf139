"""A shop for every test of this folder."""

from __future__ import annotations

import pytest

from tests.api.shop import Shop
from tests.marketplace import Marketplace


@pytest.fixture
def shop(marketplace: Marketplace) -> Shop:
    return Shop(marketplace)
