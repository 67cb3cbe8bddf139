"""What an operator decides about accounts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """`verifies_emails`: nobody signs in before they have proven their address. `approves_sellers`: a store opens when
    staff have said yes, and not at once."""

    verifies_emails: bool = False
    approves_sellers: bool = False
