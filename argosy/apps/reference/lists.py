"""docs/lists.md: every list of the API, and what it may be asked."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.api.endpoints import endpoints
from argosy.domains.integrations.adapters.inbound.rest import FeedPage
from argosy.platform.pages import Page
from argosy.platform.rest import PREFIX, Endpoint

TOP = f"""\
# Lists

Every list of the API with the parameters of its query; made by `argosy contracts` and compared with the code by a test.
Addresses are below `{PREFIX}`. A list has pages where it may grow: `limit` (at most 100) things behind the cursor
`after` of the answer's `next`, whatever was added in between. How a list can be sorted, the API's description says.
With `fields=order_id,status` each thing is sent with these fields alone.
"""
HEAD = ("| address | for | filters | sort | pages | fields |", "|---|---|---|---|---|---|")
_COMMON = ("after", "limit", "sort", "fields")


def page() -> str:
    lines = [TOP]
    for label, declared in endpoints().items():
        rows = list(_rows(declared))
        if rows:
            lines += [f"## {label}\n", *HEAD, *rows, ""]
    return "\n".join(lines)


def _rows(declared: tuple[Endpoint, ...]) -> Iterator[str]:
    for endpoint in declared:
        if endpoint.answers not in (Page, FeedPage):
            continue
        names = () if endpoint.parameters is None else endpoint.parameters.__struct_fields__
        filters = ", ".join(f"`{name}`" for name in names if name not in _COMMON)
        marks = " | ".join("yes" if name in names else "" for name in ("sort", "after", "fields"))
        yield f"| `{endpoint.path}` | {endpoint.allow.name} | {filters} | {marks} |"
