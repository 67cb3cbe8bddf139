"""The feed tells what is public, in order; webhooks are told it one after the other, for three days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.accounts import PersonErased, SellerReinstated, SellerSuspended
from argosy.contracts.integrations import (
    ChangeWebhook,
    CreateApiKey,
    EventTold,
    RedeliverEvent,
    RegisterWebhook,
    RemoveWebhook,
    RotateWebhookSecret,
    WebhookAnswered,
    WebhookDisabled,
    WebhookRegistered,
)
from argosy.contracts.inventory import ShelfLevel, StockRanLow, StockTold, UnitLevel
from argosy.contracts.orders import OrderCancelled, OrderConfirmed, OrderPaid
from argosy.contracts.products import CurrencyPriceChanged, PriceChanged, ProductArchived, ProductCreated
from argosy.contracts.promotions import PromotionEnded
from argosy.domains.integrations.application.deliveries import Deliveries
from argosy.domains.integrations.application.feed import Feed
from argosy.domains.integrations.context import SERVICES, build
from argosy.domains.integrations.domain.feed import PUBLIC, TYPES, EventFeedIsOff, FeedEvent, type_faults
from argosy.domains.integrations.domain.webhook import (
    FAILING_MAX,
    RETRY_SECONDS,
    WEBHOOKS_MAX,
    Delivery,
    DeliveryUnderWay,
    NoSuchDelivery,
    NoSuchWebhook,
    TooManyWebhooks,
    UrlNotUsable,
    Webhook,
    signature,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import personal_fields
from tests.domains.integrations.outside import feed_services, ports
from tests.read_models.staging import promoted
from tests.support import Stage, an_id

SELLER = Actor(id=an_id("person"), roles=frozenset({"seller"}), seller_id=an_id("store"))
OTHER = Actor(id=an_id("other"), roles=frozenset({"seller"}), seller_id=an_id("other store"))
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))
URL = "https://erp.example/hook"


@pytest.fixture
def feed() -> Stage:
    return Stage((Feed,), feed_services)


@pytest.fixture
def stage() -> Stage:
    outside = ports()
    services = (*SERVICES, Deliveries)
    return Stage(services, lambda work: (*build(work, outside), feed_services(work)[1]))


def order(kind: type, name: str = "order", **fields: Any) -> Any:
    return kind(order_id=an_id(name), buyer_id=an_id("buyer"), seller_id=an_id("store"), **fields)


def refused(stage: Stage, command: Any, error: type[DomainError], actor: Actor = SELLER) -> DomainError:
    with pytest.raises(error) as refusal:
        stage.send(command, actor=actor)
    return refusal.value


# The feed.


def test_the_feed_is_numbered_without_gaps_in_the_order_in_which_it_was_told(feed: Stage) -> None:
    told = feed.send(order(OrderConfirmed), order(OrderCancelled, reason="unpaid"), order(OrderConfirmed, "second"))
    events = sorted(feed.all(FeedEvent), key=lambda event: event.position)
    assert [(event.position, event.type) for event in events] == [
        (1, "order.confirmed"),
        (2, "order.cancelled"),
        (3, "order.confirmed"),
    ]
    assert events[1].data == {"order_id": an_id("order"), "reason": "unpaid"}
    assert [event.event_id for event in told if isinstance(event, EventTold)] == [event.id for event in events]
    assert feed.undeclared_loads == 0


def test_facts_about_products_are_told_to_whose_they_are(feed: Stage) -> None:
    price = PriceChanged(
        product_id=an_id("lamp"),
        variant_id=an_id("variant"),
        price_id=an_id("price"),
        amount=1_000,
        currency="EUR",
        effective_from=feed.clock.now(),
    )
    feed.send(price)
    assert feed.all(FeedEvent) == [], "whose it is was never told"
    feed.send(ProductCreated(product_id=an_id("lamp"), seller_id=an_id("store"), sku="lamp", title="Lamp"))
    beside = CurrencyPriceChanged(
        product_id=an_id("lamp"), variant_id=an_id("variant"), currency="USD", effective_from=feed.clock.now()
    )
    feed.send(price, beside, ProductArchived(product_id=an_id("lamp")))
    told = sorted(feed.all(FeedEvent), key=lambda event: event.position)
    assert [event.type for event in told] == [
        "product.created",
        "price.changed",
        "price.currency_changed",
        "product.archived",
    ]
    assert {event.seller_id for event in told} == {an_id("store")}
    assert told[1].data["amount"] == 1_000
    assert (told[2].data["currency"], told[2].data["amount"]) == ("USD", None), "it is not sold in that any more"
    assert feed.undeclared_loads == 0


def test_each_unit_of_a_sweep_of_stock_is_told_to_whose_it_is(feed: Stage) -> None:
    shelf = ShelfLevel(
        stock_item_id=an_id("item"),
        warehouse="main",
        on_hand=9,
        reserved=1,
        allocated=1,
        available=7,
        promisable=5,
        missing=0,
        safety_stock=2,
        low_at=0,
        updated_at=feed.clock.now(),
    )
    units = tuple(
        UnitLevel(
            stock_unit_id=an_id(sku),
            seller_id=seller_id,
            sku=sku,
            product_id=an_id("product"),
            variant_id=an_id(sku),
            shelves=(shelf,),
        )
        for sku, seller_id in (("lamp", an_id("store")), ("rug", an_id("other store")), ("nobody's", None))
    )
    feed.send(StockTold(job="tell-stock", units=units))
    told = sorted(feed.all(FeedEvent), key=lambda event: event.position)
    assert [(event.type, event.seller_id) for event in told] == [
        ("stock.changed", an_id("store")),
        ("stock.changed", an_id("other store")),
    ]
    assert (told[0].data["sku"], told[0].data["available"], told[0].data["promisable"]) == ("lamp", 7, 5)
    assert told[0].data["shelves"][0]["warehouse"] == "main"
    assert feed.undeclared_loads == 0


def test_a_sellers_promotions_are_told_and_the_platforms_are_not(feed: Stage) -> None:
    feed.send(promoted("own", an_id("store")), promoted("platform's"))
    for name in ("own", "platform's", "from before the feed"):
        feed.send(PromotionEnded(promotion_id=an_id(name)))
    told = sorted(feed.all(FeedEvent), key=lambda event: event.position)
    assert [event.type for event in told] == ["promotion.created", "promotion.ended"]
    assert {event.seller_id for event in told} == {an_id("store")}
    assert feed.undeclared_loads == 0


def test_what_is_the_platforms_own_is_told_to_no_program(feed: Stage) -> None:
    low = StockRanLow(
        stock_item_id=an_id("item"),
        stock_unit_id=an_id("unit"),
        warehouse="main",
        seller_id=None,
        available=1,
        low_at=2,
    )
    assert feed.send(low) == []


def test_no_field_about_a_person_is_public() -> None:
    for kind, public in PUBLIC.items():
        private = {name.partition(".")[0] for name in personal_fields(kind)} | {"buyer_id", "address"}
        assert not private & set(public.fields), kind
        assert all(hasattr(kind, name) for name in public.fields)
        assert public.about in public.fields
    assert len(set(TYPES)) == len(TYPES)


def test_types_are_known_by_name() -> None:
    assert type_faults(("order.paid", "stock.low")) == []
    assert [fault.code for fault in type_faults(("order.eaten",))] == ["event_type_unknown"]


# Webhooks.


def registered(stage: Stage, actor: Actor = SELLER, **changes: Any) -> WebhookRegistered:
    stage.send(RegisterWebhook(**{"url": URL, **changes}), actor=actor)
    assert isinstance(stage.result, WebhookRegistered)
    return stage.result


def happens(stage: Stage, name: str = "event", about: str = "order", type: str = "order.paid", **of: Any) -> None:
    stage.send(
        EventTold(
            event_id=an_id(name),
            about=an_id(about),
            type=type,
            occurred_at=stage.clock.now(),
            **{"seller_id": an_id("store"), **of},
        )
    )


def delivery(stage: Stage, name: str = "event") -> Delivery:
    (found,) = [one for one in stage.all(Delivery) if one.event_id == an_id(name)]
    return found


def answers(stage: Stage, name: str, outcome: str, status: int = 0) -> list[Any]:
    """The outside has answered: its call is done."""
    asked = delivery(stage, name)
    for id in [id for id, due in stage.due().items() if asked.id in due.payload]:
        del stage.store.due_rows[id]
    return stage.send(WebhookAnswered(delivery_id=asked.id, outcome=outcome, status=status))


def calls(stage: Stage) -> list[Id]:
    """Which events are on their way, by their deliveries' calls."""
    return [one.event_id for one in stage.all(Delivery) if any(one.id in due.payload for due in stage.due().values())]


def test_a_secret_is_told_once_and_kept_sealed(stage: Stage) -> None:
    made = registered(stage)
    kept = stage.one(Webhook, made.webhook_id)
    assert made.secret.startswith("whsec_")
    assert made.secret not in str(kept.__dict__)
    assert kept.secret == f"sealed {made.secret[::-1]}"
    assert stage.undeclared_loads == 0


def test_where_no_feed_is_kept_there_are_no_webhooks() -> None:
    outside = ports(has_feed=False)
    stage = Stage(SERVICES, lambda work: build(work, outside))
    refused(stage, RegisterWebhook(url=URL), EventFeedIsOff)


def test_all_faults_of_a_webhook_are_told_at_once(stage: Stage) -> None:
    refusal = refused(stage, RegisterWebhook(url="http://erp.example", types=("order.eaten",)), Several)
    assert isinstance(refusal, Several)
    assert [fault.code for fault in refusal.faults] == ["url_not_usable", "event_type_unknown"]
    refused(stage, RegisterWebhook(url="ftp://x"), UrlNotUsable)
    assert stage.all(Webhook) == []


def test_webhooks_are_bounded_in_number(stage: Stage) -> None:
    for _ in range(WEBHOOKS_MAX):
        registered(stage)
    refused(stage, RegisterWebhook(url=URL), TooManyWebhooks)
    registered(stage, OTHER)


def test_only_those_are_told_whose_news_it_is_and_who_asked_for_that_type(stage: Stage) -> None:
    mine, all_of_it = registered(stage), registered(stage, STAFF)
    registered(stage, OTHER)
    registered(stage, types=("order.created",))
    happens(stage)
    assert {one.webhook_id for one in stage.all(Delivery)} == {mine.webhook_id, all_of_it.webhook_id}
    assert len(stage.due()) == 2
    assert stage.undeclared_loads == 0


def test_what_happened_before_a_webhook_was_there_is_not_told_to_it(stage: Stage) -> None:
    registered(stage)
    stage.send(
        EventTold(
            event_id=an_id("old"),
            about=an_id("order"),
            type="order.paid",
            seller_id=an_id("store"),
            occurred_at=stage.clock.now() - timedelta(seconds=1),
        )
    )
    assert stage.all(Delivery) == []


def test_news_about_one_thing_are_delivered_one_after_the_other(stage: Stage) -> None:
    registered(stage)
    happens(stage, "first")
    happens(stage, "second")
    happens(stage, "elsewhere", about="other order")
    assert set(calls(stage)) == {an_id("first"), an_id("elsewhere")}
    answers(stage, "first", "FAILED", 500)
    assert an_id("second") not in calls(stage), "it waits while the first is tried again"
    answers(stage, "first", "DELIVERED", 200)
    assert an_id("second") in calls(stage)
    answers(stage, "second", "DELIVERED", 204)
    assert calls(stage) == [an_id("elsewhere")]
    assert stage.undeclared_loads == 0


def test_a_delivery_is_tried_for_three_days_and_then_given_up(stage: Stage) -> None:
    registered(stage)
    happens(stage)
    waits = []
    while delivery(stage).is_open:
        answers(stage, "event", "FAILED", 503)
        at = delivery(stage).next_try_at
        if at is not None:
            waits.append((at - stage.clock.now()).total_seconds())
            (due,) = stage.due().values()
            assert due.due_at == at
    assert waits == list(RETRY_SECONDS)
    assert timedelta(days=2.5) < timedelta(seconds=sum(waits)) < timedelta(days=3.5)
    assert delivery(stage).status == "FAILED"
    assert [one["status"] for one in delivery(stage).tries] == [503] * 10
    assert stage.due() == {}


def test_a_late_answer_of_a_delivery_that_ended_changes_nothing(stage: Stage) -> None:
    registered(stage)
    happens(stage)
    answers(stage, "event", "DELIVERED", 200)
    assert stage.send(WebhookAnswered(delivery_id=delivery(stage).id, outcome="FAILED")) == []
    assert stage.send(WebhookAnswered(delivery_id=an_id("none"), outcome="FAILED")) == []
    assert delivery(stage).status == "DELIVERED"


def test_a_webhook_that_fails_for_days_is_disabled_and_told_so_once(stage: Stage) -> None:
    made = registered(stage)
    happens(stage)
    assert answers(stage, "event", "FAILED", 500) == []
    stage.clock.tick(seconds=FAILING_MAX.total_seconds())
    told = WebhookDisabled(webhook_id=made.webhook_id, owner=an_id("store"), reason="failing")
    assert answers(stage, "event", "FAILED", 500) == [told]
    assert answers(stage, "event", "HELD") == []
    assert (delivery(stage).status, stage.one(Webhook, made.webhook_id).status) == ("HELD", "DISABLED")
    happens(stage, "later")
    assert len(stage.all(Delivery)) == 1, "nothing is begun for one that is disabled"
    stage.send(ChangeWebhook(webhook_id=made.webhook_id, url=URL), actor=SELLER)
    happens(stage, "after")
    assert delivery(stage, "after").is_open


def test_one_success_ends_the_days_of_failing(stage: Stage) -> None:
    made = registered(stage)
    happens(stage)
    answers(stage, "event", "FAILED", 500)
    stage.clock.tick(seconds=FAILING_MAX.total_seconds() - 1)
    answers(stage, "event", "DELIVERED", 200)
    happens(stage, "second")
    stage.clock.tick(seconds=2)
    answers(stage, "second", "FAILED", 500)
    assert stage.one(Webhook, made.webhook_id).status == "ACTIVE"


def test_webhooks_of_a_suspended_seller_stop_and_go_on_by_themselves(stage: Stage) -> None:
    made, theirs = registered(stage), registered(stage, actor=OTHER)
    happens(stage)
    suspended = SellerSuspended(seller_id=an_id("store"), reason="fake goods")
    told = WebhookDisabled(webhook_id=made.webhook_id, owner=an_id("store"), reason="stopped")
    assert stage.send(suspended) == [told]
    assert stage.send(suspended) == []
    assert stage.one(Webhook, theirs.webhook_id).status == "ACTIVE"
    answers(stage, "event", "HELD")
    happens(stage, "meanwhile")
    assert len(stage.all(Delivery)) == 1, "nothing is begun for one that is stopped"
    stage.send(SellerReinstated(seller_id=an_id("store")))
    happens(stage, "after")
    assert delivery(stage, "after").is_open


def test_an_address_that_was_given_up_stays_so_when_its_seller_is_reinstated(stage: Stage) -> None:
    made = registered(stage)
    happens(stage)
    answers(stage, "event", "GONE", 410)
    stage.send(SellerSuspended(seller_id=an_id("store"), reason="x"), SellerReinstated(seller_id=an_id("store")))
    found = stage.one(Webhook, made.webhook_id)
    assert (found.status, found.reason) == ("DISABLED", "gone")


def test_whoever_says_that_it_is_gone_is_asked_no_more(stage: Stage) -> None:
    made = registered(stage)
    happens(stage)
    told = WebhookDisabled(webhook_id=made.webhook_id, owner=an_id("store"), reason="gone")
    assert answers(stage, "event", "GONE", 410) == [told]
    assert delivery(stage).status == "FAILED"


def test_a_delivery_that_ended_is_sent_again_when_asked_and_by_its_owner_alone(stage: Stage) -> None:
    made = registered(stage)
    happens(stage)
    again = RedeliverEvent(webhook_id=made.webhook_id, delivery_id=delivery(stage).id)
    refused(stage, again, DeliveryUnderWay)
    answers(stage, "event", "DELIVERED", 200)
    refused(stage, again, NoSuchWebhook, OTHER)
    unknown = RedeliverEvent(webhook_id=made.webhook_id, delivery_id=an_id("none"))
    refused(stage, unknown, NoSuchDelivery)
    stage.send(again, actor=SELLER)
    assert calls(stage) == [an_id("event")]
    answers(stage, "event", "DELIVERED", 200)
    assert len(delivery(stage).tries) == 2
    assert stage.undeclared_loads == 0


def test_who_is_erased_is_told_nothing_any_more(stage: Stage) -> None:
    stage.send(CreateApiKey(name="erp", scopes=("webhooks:write",)), actor=SELLER)
    robot = Actor(id=stage.result.key_id, roles=frozenset({"seller"}), seller_id=SELLER.seller_id)
    registered(stage)
    registered(stage, robot)
    kept = registered(stage, OTHER)
    stage.send(PersonErased(user_id=Id(SELLER.id)))
    assert [one.id for one in stage.all(Webhook)] == [kept.webhook_id]
    assert stage.undeclared_loads == 0


def test_strangers_change_nothing(stage: Stage) -> None:
    made = registered(stage)
    for command in (
        ChangeWebhook(webhook_id=made.webhook_id, url=URL),
        RotateWebhookSecret(webhook_id=made.webhook_id),
        RemoveWebhook(webhook_id=made.webhook_id),
    ):
        refused(stage, command, NoSuchWebhook, OTHER)
        refused(stage, command, NoSuchWebhook, STAFF)


def test_a_secret_that_is_changed_is_another_and_the_one_before_is_kept_for_a_while(stage: Stage) -> None:
    made = registered(stage)
    stage.send(RotateWebhookSecret(webhook_id=made.webhook_id), actor=SELLER)
    kept = stage.one(Webhook, made.webhook_id)
    assert stage.result.secret != made.secret
    assert kept.secret_before == f"sealed {made.secret[::-1]}"
    assert kept.secret_changed_at == stage.clock.now()


def test_signatures_are_those_of_the_specification() -> None:
    """The example of Standard Webhooks' own libraries."""
    assert (
        signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_an_order_that_is_paid_is_told_without_its_buyer(feed: Stage) -> None:
    feed.send(
        order(OrderPaid, purchase_id=an_id("purchase"), payment_id=an_id("payment"), total_amount=100, currency="EUR")
    )
    (event,) = feed.all(FeedEvent)
    assert set(event.data) == {"order_id", "purchase_id", "total_amount", "currency"}
