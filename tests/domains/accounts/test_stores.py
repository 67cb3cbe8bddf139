"""Stores: what they are called, under which address they are found, and what they say of themselves."""

from __future__ import annotations

import pytest

from argosy.contracts.accounts import OpenStore, SuspendSeller
from argosy.contracts.accounts_stores import (
    RemoveStoreBanner,
    RemoveStoreLogo,
    RenameStore,
    SetStoreBanner,
    SetStoreLogo,
    SetStoreSlug,
    SetStoreText,
    StoreDescribed,
    StoreText,
)
from argosy.domains.accounts.domain.seller_store import (
    LOCALES_MAX,
    STORE_NAME_MAX,
    TEXT_MAX,
    NoSuchSeller,
    NotInThatState,
    Store,
    TooManyLanguages,
)
from argosy.domains.accounts.domain.store_slug import SLUGS_MAX, MalformedSlug, SlugTaken, StoreSlug, TooManySlugs
from argosy.domains.accounts.domain.texts import MalformedLocale, TextHasControls, TextIsMissing, TextIsTooLong
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

SAM = signed_in(an_id("sam"), "staff")
EVERYTHING: tuple[Command, ...] = (
    RenameStore(name="Other"),
    SetStoreSlug(slug="other"),
    SetStoreText(locale="en", html="Other"),
    SetStoreLogo(url="/media/other.webp"),
    RemoveStoreLogo(),
    SetStoreBanner(url="/media/other.webp"),
    RemoveStoreBanner(),
)


@pytest.fixture
def stage() -> AccountsStage:
    return AccountsStage()


def opened(stage: AccountsStage, email: str = "ana@example.com") -> Actor:
    """A seller with an open store."""
    user_id = stage.register(email)
    stage.send(OpenStore(store_name="Lamps", country="PT"), actor=signed_in(user_id))
    return Actor(id=user_id, roles=frozenset({"buyer", "seller"}), seller_id=str(stage.result))


def refused(stage: AccountsStage, command: Command, kind: type[DomainError], actor: Actor) -> None:
    before = {id: dict(vars(store)) for id, store in stores(stage).items()}
    with pytest.raises(kind):
        stage.send(command, actor=actor)
    assert {id: dict(vars(store)) for id, store in stores(stage).items()} == before


def stores(stage: AccountsStage) -> dict[Id, Store]:
    return {store.id: store for store in stage.all(Store)}


def test_a_store_is_called_what_its_seller_says_and_everybody_is_told_once(stage: AccountsStage) -> None:
    ana = opened(stage)
    described = StoreDescribed(
        seller_id=Id(ana.seller_id), store_name="Lamps & Linen", slug="", texts=(), logo="", banner=""
    )
    assert stage.send(RenameStore(name="  Lamps & Linen "), actor=ana) == [described]
    assert stage.send(RenameStore(name="Lamps & Linen"), actor=ana) == []
    bea = opened(stage, "bea@example.com")
    stage.send(RenameStore(name="Lamps & Linen"), actor=bea)
    assert [store.name for store in stage.all(Store)] == ["Lamps & Linen"] * 2, "a name is not one store's alone"
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (" ", TextIsMissing),
        ("x" * (STORE_NAME_MAX + 1), TextIsTooLong),
        ("La\u0000mps", TextHasControls),
        ("Lamps\nLinen", TextHasControls),
    ],
)
def test_a_name_is_one_line_that_can_be_read(stage: AccountsStage, name: str, kind: type[DomainError]) -> None:
    refused(stage, RenameStore(name=name), kind, opened(stage))


def test_a_slug_leads_to_one_store_for_good_and_earlier_ones_lead_to_it(stage: AccountsStage) -> None:
    ana, bea = opened(stage), opened(stage, "bea@example.com")
    for slug in ("lamps", "linen", "linen"):
        stage.send(SetStoreSlug(slug=slug), actor=ana)
    refused(stage, SetStoreSlug(slug="lamps"), SlugTaken, bea)
    told = stage.send(SetStoreSlug(slug="lamps"), actor=ana)
    assert [one.slug for one in told if isinstance(one, StoreDescribed)] == ["lamps"]
    assert sorted((one.text, one.seller_id) for one in stage.all(StoreSlug)) == [
        ("lamps", ana.seller_id),
        ("linen", ana.seller_id),
    ]
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize("slug", ["", "Lamps", "la mps", "-lamps", "lamps-", "../admin", "lämps", "x" * 81])
def test_a_slug_is_words_of_small_letters(stage: AccountsStage, slug: str) -> None:
    refused(stage, SetStoreSlug(slug=slug), MalformedSlug, opened(stage))


def test_nobody_takes_all_slugs(stage: AccountsStage) -> None:
    ana = opened(stage)
    for number in range(SLUGS_MAX):
        stage.send(SetStoreSlug(slug=f"lamps-{number}"), actor=ana)
    refused(stage, SetStoreSlug(slug="one-more"), TooManySlugs, ana)
    stage.send(SetStoreSlug(slug="lamps-0"), actor=ana)
    assert stores(stage)[Id(ana.seller_id)].slug == "lamps-0"


def test_a_store_speaks_several_languages_the_first_one_first(stage: AccountsStage) -> None:
    ana = opened(stage)
    for locale, html in (("pt", "<p>Olá</p>"), ("en", "Hello"), ("pt", "<p>Olá!</p><script>alert(1)</script>")):
        stage.send(SetStoreText(locale=locale, html=html), actor=ana)
    store = stores(stage)[Id(ana.seller_id)]
    assert store.texts == (StoreText(locale="pt", html="<p>Olá!</p>"), StoreText(locale="en", html="Hello"))
    stage.send(SetStoreText(locale="pt", html=" <script>alert(1)</script> "), actor=ana)
    assert stores(stage)[Id(ana.seller_id)].texts == (StoreText(locale="en", html="Hello"),), "nothing was left of it"


def test_what_a_store_says_is_bounded(stage: AccountsStage) -> None:
    ana = opened(stage)
    refused(stage, SetStoreText(locale="en", html="x" * (TEXT_MAX + 1)), TextIsTooLong, ana)
    refused(stage, SetStoreText(locale="en", html="a\u0000b"), TextHasControls, ana)
    refused(stage, SetStoreText(locale="../en", html="x"), MalformedLocale, ana)
    for number in range(LOCALES_MAX):
        stage.send(SetStoreText(locale=f"a{chr(ord('a') + number)}", html="Two\nlines"), actor=ana)
    refused(stage, SetStoreText(locale="zz", html="x"), TooManyLanguages, ana)


def test_pictures_are_put_up_and_taken_away(stage: AccountsStage) -> None:
    ana = opened(stage)
    stage.send(SetStoreLogo(url="/media/a.webp"), actor=ana)
    told = stage.send(SetStoreBanner(url="/media/b.webp"), actor=ana)
    assert [(one.logo, one.banner) for one in told if isinstance(one, StoreDescribed)] == [
        ("/media/a.webp", "/media/b.webp")
    ]
    stage.send(RemoveStoreLogo(), actor=ana)
    assert stage.send(RemoveStoreLogo(), actor=ana) == []
    stage.send(RemoveStoreBanner(), actor=ana)
    store = stores(stage)[Id(ana.seller_id)]
    assert (store.logo, store.banner) == ("", "")


@pytest.mark.parametrize("command", EVERYTHING, ids=lambda command: type(command).__name__)
def test_a_store_that_is_not_open_stays_as_it_is(stage: AccountsStage, command: Command) -> None:
    ana = opened(stage)
    stage.send(SuspendSeller(seller_id=Id(ana.seller_id), reason="why"), actor=SAM)
    refused(stage, command, NotInThatState, ana)


@pytest.mark.parametrize("command", EVERYTHING, ids=lambda command: type(command).__name__)
def test_who_has_no_store_changes_none(stage: AccountsStage, command: Command) -> None:
    opened(stage)
    refused(stage, command, NoSuchSeller, signed_in(an_id("nobody")))
    refused(stage, command, NoSuchSeller, Actor(id=an_id("sam"), roles=frozenset({"staff"})))
