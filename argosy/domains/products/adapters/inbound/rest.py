"""Products over HTTP, for those who sell them. What is on sale is read from the catalogue's documents."""

from __future__ import annotations

from argosy.contracts.products import (
    AddVariant,
    ArchiveProduct,
    CreateProduct,
    PublishProduct,
    SetPrice,
    UnpublishProduct,
    UpdateProduct,
)
from argosy.platform.auth import merchant, seller
from argosy.platform.rest import Made, patch, post

endpoints = [
    post(
        "products",
        CreateProduct,
        allow=seller,
        status=201,
        filled=("product_id", "seller_id"),
        answers=Made,
        location="products/{id}",
    ),
    patch("products/{product_id}", UpdateProduct, allow=merchant),
    post("products/{product_id}/variants", AddVariant, allow=merchant, status=201, answers=Made),
    post("products/{product_id}/variants/{variant_id}/prices", SetPrice, allow=merchant, status=201, answers=Made),
    post("products/{product_id}/publish", PublishProduct, allow=merchant),
    post("products/{product_id}/unpublish", UnpublishProduct, allow=merchant),
    post("products/{product_id}/archive", ArchiveProduct, allow=merchant),
]
