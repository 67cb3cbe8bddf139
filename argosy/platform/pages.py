"""Lists by keyset: a page goes on after the last thing of the page before, whatever was added in between."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote_plus

import msgspec

from argosy.platform.bodies import invalid
from argosy.shared_kernel.codec import encode

LIMIT_MAX = 100
_CONTROL = re.compile("[\x00-\x1f\x7f]")

Limit = Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="How many at most.")]
Cursor = Annotated[str, msgspec.Meta(max_length=500, description="From a `next` link; opaque.")]


class PageQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which page of a list: `limit` things after the cursor `after`."""

    after: Cursor = ""
    limit: Limit = 20

    def position(self, kind: Any) -> Any:
        """What the cursor says, as `kind`; None on the first page."""
        if not self.after:
            return None
        try:
            told = urlsafe_b64decode((self.after + "=" * (-len(self.after) % 4)).encode())
            found = msgspec.json.decode(told, type=kind)
            if any(isinstance(one, str) and _CONTROL.search(one) for one in found):
                raise ValueError("no text that a list is in order of holds control characters")
            return found
        except (ValueError, msgspec.MsgspecError):
            raise invalid([{"code": "not_valid", "field": "after", "detail": "This is no cursor of ours."}]) from None


Fields = Annotated[
    str, msgspec.Meta(max_length=500, description="Which fields of each, separated by commas; empty: all.")
]


class Page(msgspec.Struct, kw_only=True, frozen=True):
    """Some things of a list, and the address of the next ones."""

    items: Sequence[Any]
    next: str | None


def cursor(*position: Any) -> str:
    return urlsafe_b64encode(encode(position)).rstrip(b"=").decode()


def page(items: Sequence[Any], query: PageQuery, path: str, after: str, **filters: str) -> Page:
    """A page of what was read with one more than `limit`; `after` is the cursor of the last thing shown."""
    if len(items) <= query.limit:
        return Page(items=items, next=None)
    sent = "".join(f"{name}={quote_plus(value)}&" for name, value in filters.items() if value)
    return Page(items=items[: query.limit], next=f"{path}?{sent}after={after}&limit={query.limit}")


def sparse(items: Sequence[Any], names: str, kind: type[msgspec.Struct]) -> Sequence[Any]:
    """Of each thing, which is a `kind` or the text of one, the fields that were asked for alone."""
    wanted = tuple(filter(None, names.split(",")))
    unknown = sorted(set(wanted) - set(kind.__struct_fields__))
    if unknown:
        detail = f"There is no field {unknown[0][:100]!r}; there are {', '.join(kind.__struct_fields__)}."
        raise invalid([{"code": "not_valid", "field": "fields", "detail": detail}])
    if not wanted:
        return items
    return [{name: one[name] for name in wanted} for one in map(_plain, items)]


def _plain(item: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(item) if isinstance(item, msgspec.Raw) else msgspec.to_builtins(item)
    return found
