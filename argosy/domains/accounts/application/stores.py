"""Everything that sellers can ask about how their stores show themselves."""

from __future__ import annotations

from argosy.contracts.accounts_stores import (
    RemoveStoreBanner,
    RemoveStoreLogo,
    RenameStore,
    SetStoreBanner,
    SetStoreLogo,
    SetStoreSlug,
    SetStoreText,
)
from argosy.domains.accounts.application.ports import RichText
from argosy.domains.accounts.domain.seller_store import STORE_NAME_MAX, TEXT_MAX, NoSuchSeller, Store
from argosy.domains.accounts.domain.store_slug import (
    SLUGS_MAX,
    SlugTaken,
    StoreSlug,
    TooManySlugs,
    check_slug,
    slug_id,
)
from argosy.domains.accounts.domain.texts import MalformedLocale, text_fault
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.spelling import is_locale


class Stores:
    """Each use case is for the store of whoever asks; a store that is not open stays as it is."""

    def __init__(
        self, work: UnitOfWork, stores: Repository[Store], slugs: Repository[StoreSlug], clean: RichText
    ) -> None:
        self.work = work
        self.stores = stores
        self.slugs = slugs
        self.clean = clean

    @then_reads(stores=lambda self, command: self._asking())
    def rename_store(self, command: RenameStore) -> None:
        store = self._own()
        refuse([text_fault("name", command.name, least=1, most=STORE_NAME_MAX)])
        store.rename(command.name.strip())

    @reads(slugs=lambda command: [slug_id(command.slug)])
    @then_reads(
        stores=lambda self, command: self._asking(),
        slugs=lambda self, command: self._slugs_of_the_asking(),
    )
    def set_store_slug(self, command: SetStoreSlug) -> None:
        """Its address from now on. One that it had before may be taken again; another store's may not."""
        store = self._own()
        check_slug(command.slug)
        there = self.slugs.find(slug_id(command.slug))
        if there is not None and there.seller_id != store.id:
            raise SlugTaken(slug=command.slug)
        if there is None and len(self.slugs.all_by("seller_id", store.id)) >= SLUGS_MAX:
            raise TooManySlugs(most=SLUGS_MAX)
        store.take_slug(command.slug)
        if there is None:
            self.slugs.add(
                StoreSlug(id=slug_id(command.slug), text=command.slug, seller_id=store.id, created_at=self.work.now)
            )

    @then_reads(stores=lambda self, command: self._asking())
    def set_store_text(self, command: SetStoreText) -> None:
        """What it says in a language, without what is not safe to show."""
        store = self._own()
        refuse(
            [
                None if is_locale(command.locale) else MalformedLocale(field="locale"),
                text_fault("html", command.html, most=TEXT_MAX, has_lines=True),
            ]
        )
        store.say(command.locale, self.clean(command.html.strip()))

    @then_reads(stores=lambda self, command: self._asking())
    def set_store_logo(self, command: SetStoreLogo) -> None:
        self._own().put_up(logo=command.url)

    @then_reads(stores=lambda self, command: self._asking())
    def remove_store_logo(self, command: RemoveStoreLogo) -> None:
        self._own().put_up(logo="")

    @then_reads(stores=lambda self, command: self._asking())
    def set_store_banner(self, command: SetStoreBanner) -> None:
        self._own().put_up(banner=command.url)

    @then_reads(stores=lambda self, command: self._asking())
    def remove_store_banner(self, command: RemoveStoreBanner) -> None:
        self._own().put_up(banner="")

    def _asking(self) -> list[Id]:
        seller_id = self.work.actor.seller_id
        return [Id(seller_id)] if is_id(seller_id) else []

    def _slugs_of_the_asking(self) -> list[By]:
        return [by("seller_id", seller_id) for seller_id in self._asking()]

    def _own(self) -> Store:
        """Whoever has none is told of none."""
        found = [store for seller_id in self._asking() if (store := self.stores.find(seller_id)) is not None]
        if not found:
            raise NoSuchSeller(seller_id=self.work.actor.seller_id)
        return found[0]
