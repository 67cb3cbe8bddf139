"""Claims: what guests have bought is their accounts' as orders and accounts both say (I71)."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, side_by_side
from argosy.domains.accounts.domain.user import ERASED


def by_the_proven(databases: Databases) -> Iterator[Violation]:
    for id, user_id in databases.stream(
        "accounts",
        "SELECT c.id, c.user_id FROM guest_claims c LEFT JOIN users u ON u.id = c.user_id WHERE u.id IS NULL OR "
        "(u.status <> ? AND u.email_verified_at IS NULL) ORDER BY c.id",
        ERASED,
    ):
        yield Violation(f"guest_claims {id}", f"is {user_id}'s, who has proven no address")


def recorded(databases: Databases) -> Iterator[Violation]:
    """Checkout by checkout: whose orders say that they are."""
    claims = databases.stream(
        "accounts",
        "SELECT id, guest_id, user_id FROM guest_claims WHERE {only:id} "
        f"ORDER BY {databases.binary('accounts', 'id')}",
    )
    bought = databases.stream(
        "orders",
        "SELECT flow_id, buyer_id, claimed_by FROM purchases WHERE claimed_by IS NOT NULL AND {only:flow_id} "
        f"ORDER BY {databases.binary('orders', 'flow_id')}",
    )
    for id, (there, here) in side_by_side(claims, bought):
        if [row[1:] for row in there] != [row[1:] for row in here]:
            yield Violation(
                f"guest_claims {id}", f"is {_whose(there)} in accounts, {_whose(here)} among the purchases", key=id
            )


def whole(databases: Databases) -> Iterator[Violation]:
    for id, claimed_by, bought in databases.stream(
        "orders",
        "SELECT o.id, o.claimed_by, p.claimed_by FROM orders o JOIN purchases p ON p.id = o.purchase_id "
        "WHERE coalesce(CAST(o.claimed_by AS text), '') <> coalesce(CAST(p.claimed_by AS text), '') ORDER BY o.id",
    ):
        yield Violation(f"orders {id}", f"is claimed by {claimed_by}, its purchase by {bought}")


def _whose(rows: list[tuple[object, ...]]) -> str:
    return f"guest {rows[0][1]}'s, claimed by {rows[0][2]}" if rows else "claimed by nobody"


CHECKS = (
    Check(
        "I71",
        "what a guest bought is claimed by who has proven an address, whole, and as accounts say",
        all_of(by_the_proven, recorded, whole),
        spans=True,
    ),
)
