"""Keys and secrets that are kept as they are, and a feed with gaps."""

from __future__ import annotations

from tests.doctor.cases import OLD, OTHER, Case, sql
from tests.doctor.planting import write
from tests.marketplace import Marketplace


def delivery_forgotten(place: Marketplace) -> None:
    """The first of its lane, without a call."""
    write(
        place,
        "integrations",
        "webhook_lanes",
        f"INSERT INTO webhook_lanes (id, version, sequence, queue) VALUES ('{OTHER}', 1, 0, '[\"{OTHER}\"]')",
    )
    write(
        place,
        "integrations",
        "webhook_deliveries",
        f"INSERT INTO webhook_deliveries (id, version, sequence, webhook_id, event_id, lane_id, type, status, "
        f"round_tries, tries, created_at) VALUES ('{OTHER}', 1, 0, '{OTHER}', '{OTHER}', '{OTHER}', 'order.paid', "
        f"'PENDING', 0, '[]', '{OLD}')",
    )


INTEGRATIONS = (
    Case(
        "I50",
        "a key that is kept as it is",
        sql(
            "integrations",
            "api_keys",
            f"INSERT INTO api_keys (id, version, sequence, user_id, name, prefix, token_hash, scopes, created_at) "
            f"VALUES ('{OTHER}', 1, 0, '{OTHER}', 'x', 'argosy_key_abcdef', 'argosy_key_abcdef', '[]', '{OLD}')",
        ),
    ),
    Case(
        "I50",
        "a secret that is not sealed",
        sql(
            "integrations",
            "webhooks",
            f"INSERT INTO webhooks (id, version, sequence, owner, made_by, url, types, secret, secret_before, status, "
            f"reason, created_at) VALUES ('{OTHER}', 1, 0, 'staff', '{OTHER}', '', '[]', 'whsec_open', '', 'ACTIVE', "
            f"'', '{OLD}')",
        ),
    ),
    Case(
        "I51",
        "an event that is gone",
        sql(
            "integrations",
            "feed_order",
            f"INSERT INTO feed_order (id, version, sequence, last, swept) VALUES ('{OTHER}', 1, 0, 1, 0)",
        ),
    ),
    Case(
        "I51",
        "a delivery that nobody makes",
        delivery_forgotten,
    ),
)
