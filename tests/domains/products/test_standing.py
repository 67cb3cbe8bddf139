"""What a seller sells follows how the seller stands, product by product."""

from __future__ import annotations

import pytest

from argosy.contracts.accounts import HolidayEnded, HolidayStarted, SellerReinstated, SellerSuspended
from argosy.contracts.products import (
    AddVariant,
    ArchiveProduct,
    FollowSeller,
    LinesQuoted,
    ProductPublished,
    ProductSoldAgain,
    ProductWithheld,
    PublishProduct,
    UnpublishProduct,
)
from argosy.domains.products.application import standing
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.product import PUBLISHED, Product
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.messages import Message
from tests.domains.products.stage import MUG, SELLER, STRANGER, ProductsStage, variant
from tests.support import an_id

BLUE = an_id("blue")
SUSPENDED = SellerSuspended(seller_id=SELLER, reason="fake goods")
REINSTATED = SellerReinstated(seller_id=SELLER)
AWAY = HolidayStarted(seller_id=SELLER)
BACK = HolidayEnded(seller_id=SELLER)


@pytest.fixture
def stage() -> ProductsStage:
    stage = ProductsStage()
    stage.publish(variant("blue"), variant("red"))
    return stage


def follow(stage: ProductsStage, *told: Message) -> list[Message]:
    """Have it heard, and every message worked off that products then sends itself; what else was told."""
    news: list[Message] = []
    waiting = [message for one in told for message in stage.send(one)]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, FollowSeller):
            waiting += stage.send(one)
        else:
            news.append(one)
    return news


def second_look(stage: ProductsStage) -> list[Message]:
    due = stage.due()[f"follow:{SELLER}"]
    assert due.due_at == stage.clock.now() + standing.SECOND_LOOK
    del stage.store.due_rows[due.id]
    return follow(stage, decode(due.name, due.version, due.payload))


def faults(stage: ProductsStage) -> list[str]:
    answer = stage.quote((MUG, BLUE, 1))
    return [] if isinstance(answer, LinesQuoted) else [line["code"] for line in answer.details["lines"]]


def test_nothing_of_a_suspended_seller_is_sold_and_reinstated_all_is_again(stage: ProductsStage) -> None:
    assert faults(stage) == []
    assert follow(stage, SUSPENDED) == [ProductWithheld(product_id=MUG, reason="suspended")]
    assert faults(stage) == ["not_on_sale"]
    assert (stage.one(Product, MUG).status, stage.one(Offer, BLUE).is_on_sale) == (PUBLISHED, True)
    assert follow(stage, REINSTATED) == [ProductSoldAgain(product_id=MUG)]
    assert faults(stage) == []
    assert stage.undeclared_loads == 0


def test_a_seller_on_holiday_is_said_to_be_and_a_suspension_counts_for_more(stage: ProductsStage) -> None:
    follow(stage, AWAY)
    assert faults(stage) == ["seller_on_holiday"]
    follow(stage, SUSPENDED)
    assert faults(stage) == ["not_on_sale"]
    follow(stage, REINSTATED)
    assert faults(stage) == ["seller_on_holiday"], "still away"
    assert follow(stage, BACK) == [ProductSoldAgain(product_id=MUG)]
    assert faults(stage) == []


def test_what_is_told_again_changes_nothing(stage: ProductsStage) -> None:
    follow(stage, SUSPENDED)
    commits = stage.store.commits
    assert follow(stage, SUSPENDED, FollowSeller(seller_id=SELLER)) == []
    assert stage.store.commits == commits
    assert follow(stage, HolidayEnded(seller_id=STRANGER)) == []
    assert f"follow:{STRANGER}" not in stage.due()


def test_nobody_elses_products_follow(stage: ProductsStage) -> None:
    stage.publish(variant("theirs"), product_id=an_id("jar"), sku="jar", seller_id=STRANGER)
    assert follow(stage, SUSPENDED) == [ProductWithheld(product_id=MUG, reason="suspended")]
    assert stage.one(Offer, an_id("theirs")).withheld == ""


def test_reinstatement_brings_back_exactly_what_was_on_sale(stage: ProductsStage) -> None:
    jar, pot = an_id("jar"), an_id("pot")
    stage.create(variant("draft"), product_id=jar, sku="jar")
    stage.publish(variant("old"), product_id=pot, sku="pot")
    follow(stage, SUSPENDED)
    stage.send(ArchiveProduct(product_id=pot))
    assert follow(stage, REINSTATED) == [ProductSoldAgain(product_id=MUG)]
    on_sale = {one.id for one in stage.all(Product) if one.status == PUBLISHED}
    assert on_sale == {MUG}


def test_what_is_published_meanwhile_is_withheld_from_the_beginning(stage: ProductsStage) -> None:
    stage.send(UnpublishProduct(product_id=MUG))
    assert follow(stage, SUSPENDED) == [], "nothing is on sale"
    (published,) = stage.send(PublishProduct(product_id=MUG))
    assert isinstance(published, ProductPublished)
    assert published.withheld == "suspended"
    stage.send(AddVariant(product_id=MUG, variant=variant("green")))
    assert {one.withheld for one in stage.all(Offer)} == {"suspended"}
    stage.send(UnpublishProduct(product_id=MUG))
    follow(stage, REINSTATED)
    (published,) = stage.send(PublishProduct(product_id=MUG))
    assert isinstance(published, ProductPublished)
    assert (published.withheld, faults(stage)) == ("", [])


def test_a_second_look_finds_what_was_published_by_whoever_had_read_the_standing_before(stage: ProductsStage) -> None:
    follow(stage, SUSPENDED)
    stage.store.rows[Product][MUG].withheld = ""
    for id in (BLUE, an_id("red")):
        stage.store.rows[Offer][id].withheld = ""
    assert second_look(stage) == [ProductWithheld(product_id=MUG, reason="suspended")]
    assert faults(stage) == ["not_on_sale"]


def test_a_seller_of_many_products_is_gone_through_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "CHUNK", 3)
    stage = ProductsStage()
    made = [stage.publish(variant(f"v{n}"), product_id=an_id(f"p{n}"), sku=f"p{n}") for n in range(7)]
    messages = stage.send(SUSPENDED)
    chunks = []
    while messages and isinstance(messages[-1], FollowSeller):
        messages = stage.send(messages[-1])
        chunks.append(len([one for one in messages if isinstance(one, ProductWithheld)]))
    assert chunks == [3, 3, 1]
    assert {one.id for one in stage.all(Product) if one.withheld == "suspended"} == set(made)
    assert stage.undeclared_loads == 0


def test_a_sweep_that_is_overtaken_brings_what_is_so_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reinstated while the first chunks are withheld: what was withheld is sold again, the rest never was not."""
    monkeypatch.setattr(standing, "CHUNK", 2)
    stage = ProductsStage()
    for n in range(5):
        stage.publish(variant(f"v{n}"), product_id=an_id(f"p{n}"), sku=f"p{n}")
    (first,) = stage.send(SUSPENDED)
    *_, going_on = stage.send(first)
    assert isinstance(going_on, FollowSeller)
    follow(stage, REINSTATED)
    follow(stage, going_on)
    assert {one.withheld for one in stage.all(Product)} == {one.withheld for one in stage.all(Offer)} == {""}
