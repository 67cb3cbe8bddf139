"""What accounts accepts and announces about how a store shows itself."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class RenameStore(Command):
    """What one's store is called from now on. Another store may be called the same: an address is one store's alone."""

    name: str


class SetStoreSlug(Command):
    """The last part of the address of one's store. Earlier ones go on leading to it."""

    slug: str


class SetStoreText(Command):
    """What one's store says of itself in a language, with headings, lists, emphasis and links, as HTML. Whatever else
    is in it is taken out before it is kept; an empty one takes the language away. The language that was written first
    is shown to whoever takes none of the others."""

    locale: str
    html: str


class SetStoreLogo(Command):
    """The sign of one's store: the file itself (JPEG, PNG, WebP or GIF). It is encoded anew, without what cameras write
    into it, in several sizes; the one before is shown no more."""

    url: str


class RemoveStoreLogo(Command):
    """Show no sign of one's store. Where there is none nothing changes."""


class SetStoreBanner(Command):
    """The broad picture above one's store: the file itself, as a logo is sent."""

    url: str


class RemoveStoreBanner(Command):
    """Show no broad picture above one's store. Where there is none nothing changes."""


class StoreText(Value):
    """What a store says of itself in one language: HTML that is safe to show as it is."""

    locale: str
    html: str


class StoreDescribed(Event, key="seller_id"):
    """How a store shows itself from now on, whole. `texts` in the order in which their languages were first written;
    what is empty it does not have."""

    seller_id: Id
    store_name: str
    slug: str
    texts: tuple[StoreText, ...]
    logo: str
    banner: str
