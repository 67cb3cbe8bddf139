"""Slugs of stores: the readable last part of a store's address, which never leads to another store again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.spelling import SLUG_MAX, is_slug

SLUGS_MAX = 20


class MalformedSlug(Invalid):
    """A slug is words of small letters and digits with - between them."""


class SlugTaken(RuleBroken):
    """This slug leads to another store."""


class TooManySlugs(RuleBroken):
    """A store has at most 20 slugs, those that it had before counted: they lead to it for good."""


@dataclass(kw_only=True, eq=False)
class StoreSlug(Aggregate):
    """A slug that a store has or had: kept for good, so that old addresses go on leading to it."""

    text: str
    seller_id: Id
    created_at: datetime


def slug_id(text: str) -> Id:
    return named_id("store slug", text)


def check_slug(text: str) -> None:
    if not is_slug(text):
        raise MalformedSlug(field="slug", most=SLUG_MAX)
