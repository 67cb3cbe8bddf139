"""What was done, the newest first, by who did it, to what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from argosy.read_models.audit.projector import Act
from argosy.read_models.slots import live_table, search
from argosy.read_models.stored import ROWS_MAX, Listed
from argosy.shared_kernel.ids import Id

VIEW = "audit"
FILTERS = ("operator", "about", "what", "context", "acted_as")

Place = tuple[datetime, Id]


def acts(
    filters: Mapping[str, str],
    since: datetime | None = None,
    until: datetime | None = None,
    after: Place | None = None,
    limit: int = 20,
) -> list[Listed]:
    """Acts of which each column named in `filters` holds that value, from `since` on and before `until`."""
    dialect = search()
    conditions, parameters = ["1 = 1"], []
    for name in FILTERS:
        if filters.get(name):
            conditions.append(f"{name} = ?")
            parameters.append(filters[name])
    for condition, instant in (("at >= ?", since), ("at < ?", until)):
        if instant is not None:
            conditions.append(condition)
            parameters.append(dialect.instant(instant))
    if after is not None:
        conditions.append("(at, act_id) < (?, ?)")
        parameters += [dialect.instant(after[0]), after[1]]
    rows = dialect.query(
        f"SELECT body, at, {dialect.selected('act_id', 'uuid')} FROM {live_table(VIEW, Act)} "
        f"WHERE {' AND '.join(conditions)} ORDER BY at DESC, act_id DESC LIMIT ?",
        (*parameters, min(limit, ROWS_MAX)),
    )
    return [Listed(msgspec.Raw(body.encode()), (dialect.to_instant(at), act_id)) for body, at, act_id in rows]
