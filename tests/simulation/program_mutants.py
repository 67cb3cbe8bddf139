"""Deliberate bugs of the feed of events and of webhooks to sellers."""

from __future__ import annotations

from typing import Any

from argosy.domains.integrations.adapters.outbound.gateways import webhooks as sender
from argosy.domains.integrations.application import webhooks
from argosy.domains.integrations.application.feed import Feed
from argosy.domains.integrations.application.sweeping import Sweeping
from argosy.domains.integrations.domain.feed import ORDER_FEED, STAFF_OWNER, FeedOrder
from argosy.domains.integrations.domain.webhook import DELIVERED, Delivery, Lane, Webhook
from tests.simulation.planting import Patch, around, mutant


@mutant
def feed_leaves_numbers_out(patch: Patch) -> None:
    """Now and then a number of the feed is nobody's."""

    def following(original: Any, self: FeedOrder) -> int:
        number: int = original(self)
        return number if number % 500 else int(original(self))

    around(patch, FeedOrder, "next", following)


@mutant
def news_of_products_are_nobodys(patch: Patch) -> None:
    """A product that was published again is taken for one that was never told of."""
    around(patch, Feed, "tell_of_product", lambda original, self, event: None)


@mutant
def lanes_do_not_wait(patch: Patch) -> None:
    """News about one thing are sent at once, whatever of it is still being tried."""

    def join(original: Any, self: Lane, delivery_id: str) -> bool:
        original(self, delivery_id)
        return True

    around(patch, Lane, "join", join)


@mutant
def lanes_stand_still(patch: Patch) -> None:
    """When one of a lane has ended, those behind it wait on."""

    def leave(original: Any, self: Lane, delivery_id: str) -> None:
        original(self, delivery_id)

    around(patch, Lane, "leave", leave)


@mutant
def delivery_is_tried_once(patch: Patch) -> None:
    """What could not be delivered is given up."""

    def note(original: Any, self: Delivery, outcome: str, *rest: Any) -> None:
        self.round_tries = 99
        original(self, outcome, *rest)

    around(patch, Delivery, "note", note)


@mutant
def whatever_is_answered_is_a_yes(patch: Patch) -> None:
    """What was answered with an error counts as delivered."""

    def send(original: Any, self: Any, *given: Any) -> Any:
        answer = original(self, *given)
        return type(answer)(delivery_id=answer.delivery_id, outcome=DELIVERED) if answer.status >= 400 else answer

    around(patch, sender.Sender, "send", send)


@mutant
def types_are_not_asked_after(patch: Patch) -> None:
    """A webhook is told of what it did not ask for."""
    around(patch, Webhook, "wants", lambda original, self, type: self.status == "ACTIVE")


@mutant
def new_secret_never_signs(patch: Patch) -> None:
    """A secret is changed, and the one before goes on signing."""

    def rotate(original: Any, self: Webhook, sealed: str, now: Any) -> None:
        original(self, self.secret, now)

    around(patch, Webhook, "rotate", rotate)


@mutant
def time_of_signing_is_not_signed(patch: Patch) -> None:
    """What is signed is said to be of another time."""
    around(
        patch,
        sender,
        "signature",
        lambda original, secret, event_id, at, body: original(secret, event_id, at + 1, body),
    )


@mutant
def everybody_hears_of_everybody(patch: Patch) -> None:
    """Whoever registers a webhook is told of what happens to all sellers."""
    patch.setattr(webhooks, "owner_of", lambda actor: STAFF_OWNER)


@mutant
def feed_is_kept_half_as_long(patch: Patch) -> None:
    """Events are swept when they are half as old as they have to be."""
    around(patch, Sweeping, "_before", lambda original, self, days: original(self, days // 2))


@mutant
def where_the_feed_begins_is_not_noted(patch: Patch) -> None:
    """What was swept is not told to whom it was to be read yet."""

    def sweep(original: Any, self: Sweeping, command: Any) -> None:
        order = self.order.find(ORDER_FEED)
        began = order.swept if order is not None else 0
        original(self, command)
        if order is not None:
            order.swept = began

    around(patch, Sweeping, "sweep_feed", sweep)


@mutant
def feed_is_kept_for_good(patch: Patch) -> None:
    """The sweep finds nothing, however old it is."""
    around(patch, Sweeping, "_before", lambda original, self, days: original(self, 99))
