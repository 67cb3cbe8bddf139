"""Slugs: the readable last part of a product's address, which never leads to another product again."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.spelling import SLUG_MAX, is_slug


class MalformedSlug(Invalid):
    """A slug is words of small letters and digits with - between them."""


class SlugTaken(RuleBroken):
    """This slug leads to another product."""


@dataclass(kw_only=True, eq=False)
class Slug(Aggregate):
    """A slug that a product has or had: kept for good, so that old addresses go on leading to it."""

    text: str
    product_id: Id
    created_at: datetime


def slug_id(text: str) -> Id:
    return named_id("slug", text)


def check_slug(text: str) -> None:
    if not is_slug(text):
        raise MalformedSlug(field="slug", most=SLUG_MAX)


def slug_of(title: str, product_id: Id) -> str:
    """A slug made of a title; of the id where the title has no letters that an address takes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[: SLUG_MAX - 9].strip("-")
    return words or product_id[-12:]


def slug_beside(taken: str, product_id: Id) -> str:
    """Another one, where that leads to another product."""
    return f"{taken}-{named_id('slug of', product_id)[:8]}"
