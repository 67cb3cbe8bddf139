"""What is told of those who act for others, beside what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.platform.auth import merchant, staff
from argosy.shared_kernel.messages import Command, StaffActed

if TYPE_CHECKING:
    from argosy.platform.rest import Asked, Endpoint


def audited(endpoint: Endpoint, label: str, asked: Asked, command: Command) -> tuple[StaffActed, ...]:
    """What staff do, and members of a store's team, stands in the log of the context that they do it to, in the commit
    that does it."""
    actor = asked.actor
    is_for_staff = endpoint.allow in (staff, merchant) or endpoint.is_for_staff_too
    if not (is_for_staff and actor.has("staff")) and not actor.person:
        return ()
    details = dict(asked.parameters)
    if actor.person:
        details |= {"seller_id": actor.seller_id, "user_id": actor.person}
    return (
        StaffActed(
            act_id=asked.new_id(),
            about=next(iter(asked.parameters.values()), endpoint.name),
            what=endpoint.name,
            operator=actor.id,
            acted_as="member" if actor.person else "staff",
            context=label,
            person_id=endpoint.whom(asked) or "",
            reason=getattr(command, "reason", ""),
            details=details,
        ),
    )
