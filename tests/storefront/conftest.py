"""A shop for every test of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.marketplace import Marketplace

if TYPE_CHECKING:
    from tests.storefront.shopper import Shop


@pytest.fixture
def shop(marketplace: Marketplace) -> Shop:
    # Models can be imported once Django is set up, which this file may be read before.
    from tests.storefront.shopper import Shop

    return Shop(marketplace)
