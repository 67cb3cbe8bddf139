"""Sellers: nothing is sold of whoever may not sell, and everything that is on sale of who may (I48); stores are found
by their slugs (I73)."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, side_by_side
from argosy.domains.accounts.domain.seller_store import SUSPENDED as IS_SUSPENDED
from argosy.domains.products.domain.product import PUBLISHED
from argosy.domains.products.domain.standing import HOLIDAY, SUSPENDED

FOLLOWED_SECONDS = 600
"""By when all products of a seller stand as the seller does: very many are gone through in many messages."""

_WITHHELD = f"CASE WHEN s.is_suspended THEN '{SUSPENDED}' WHEN s.is_on_holiday THEN '{HOLIDAY}' ELSE '' END"


def heard_of(databases: Databases) -> Iterator[Violation]:
    """Products knows of each seller what accounts does."""
    standing = databases.stream(
        "accounts",
        f"SELECT id, CASE WHEN status = ? THEN 1 ELSE 0 END, CASE WHEN on_holiday THEN 1 ELSE 0 END FROM seller_stores "
        f"WHERE (status = ? OR on_holiday) AND {{only:id}} ORDER BY {databases.binary('accounts', 'id')}",
        IS_SUSPENDED,
        IS_SUSPENDED,
    )
    known = databases.stream(
        "products",
        f"SELECT id, CASE WHEN is_suspended THEN 1 ELSE 0 END, CASE WHEN is_on_holiday THEN 1 ELSE 0 END "
        f"FROM product_sellers WHERE (is_suspended OR is_on_holiday) AND {{only:id}} "
        f"ORDER BY {databases.binary('products', 'id')}",
    )
    for id, (there, here) in side_by_side(standing, known):
        if there != here:
            yield Violation(
                f"seller_stores {id}",
                f"is suspended {_flags(there)[0]}, on holiday {_flags(there)[1]}; products knows {_flags(here)}",
                key=id,
            )


def products_follow(databases: Databases) -> Iterator[Violation]:
    """What is on sale is withheld where its seller's standing says so, and nowhere else."""
    for id, withheld, meant in databases.stream(
        "products",
        f"SELECT p.id, p.withheld, {_WITHHELD} FROM product_sellers s JOIN products p ON p.seller_id = s.id "
        f"WHERE p.status = ? AND p.withheld <> {_WITHHELD} AND s.updated_at < ?",
        PUBLISHED,
        databases.ago("products", FOLLOWED_SECONDS),
    ):
        yield Violation(f"products {id}", f"is withheld for {withheld!r}; its seller stands for {meant!r}")
    for id, withheld in databases.stream(
        "products",
        "SELECT p.id, p.withheld FROM products p LEFT JOIN product_sellers s ON s.id = p.seller_id "
        "WHERE p.status = ? AND p.withheld <> '' AND s.id IS NULL",
        PUBLISHED,
    ):
        yield Violation(f"products {id}", f"is withheld for {withheld!r}, and of its seller nothing was told")


def offers_copy(databases: Databases) -> Iterator[Violation]:
    """An offer says of its product what the product says."""
    for id, offered, said in databases.stream(
        "products",
        "SELECT o.id, o.withheld, p.withheld FROM product_offers o JOIN products p ON p.id = o.product_id "
        "WHERE o.is_on_sale AND o.withheld <> p.withheld",
    ):
        yield Violation(f"product_offers {id}", f"is withheld for {offered!r}, its product for {said!r}")


def slugs_lead(databases: Databases) -> Iterator[Violation]:
    """The slug that a store has is one of those that lead to it."""
    for id, slug in databases.stream(
        "accounts",
        "SELECT s.id, s.slug FROM seller_stores s LEFT JOIN store_slugs a ON a.text = s.slug AND a.seller_id = s.id "
        "WHERE s.slug <> '' AND a.id IS NULL",
    ):
        yield Violation(f"seller_stores {id}", f"has the slug {slug!r}, which leads elsewhere or nowhere")


def _flags(rows: list[tuple[object, ...]]) -> tuple[bool, bool]:
    return (bool(rows[0][1]), bool(rows[0][2])) if rows else (False, False)


CHECKS = (
    Check(
        "I48",
        "nothing of a seller who is suspended or on holiday is sold, and all that is on sale of everybody else",
        all_of(heard_of, products_follow, offers_copy),
        spans=True,
    ),
    Check("I73", "the slug of a store leads to it", slugs_lead),
)
