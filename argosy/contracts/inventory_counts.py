"""What inventory accepts and announces of counts that come from a warehouse's own system, as files."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class CountLine(Value):
    """So many pieces of a stock unit were counted in a warehouse."""

    warehouse: str
    stock_unit_id: Id
    counted: int


class RejectedLine(Value):
    """A line of a file that is a count of nothing here, and why."""

    line: int
    reason: str


class SendCount(Command):
    """Take what a warehouse has counted, as a CSV file with the columns warehouse, sku and counted. What was counted is
    what is there: it is worked off in parts, and `stock-counts/{id}` says what became of it. Where less was found than
    is promised, a shortage is opened."""

    reference_id: str
    lines: tuple[CountLine, ...]
    rejects: tuple[RejectedLine, ...] = ()


class AskWarehouses(Command, key="job"):
    """Look whether a warehouse's system has written a count. Sent by inventory's own schedule."""

    job: str = "ask-warehouses"


class WarehouseAnswered(Command, key="source"):
    """What was found: the count of a file that was not taken yet; without `count_id` there was none. `failure` says why
    a file cannot be read as a count."""

    source: str
    count_id: Id | None = None
    lines: tuple[CountLine, ...] = ()
    rejects: tuple[RejectedLine, ...] = ()
    failure: str = ""


class CountPart(Command, key="count_id"):
    """Work off the next part of a count. Sent by inventory itself."""

    count_id: Id
    part: int


class StockCountEnded(Event, key="count_id"):
    """A count was worked off: of so many lines so many differed, and so many are of nothing here. `seller_id` is who
    counted their own; None for a warehouse's system, which counts everybody's."""

    count_id: Id
    seller_id: Id | None
    source: str
    lines: int
    differing: int
    rejected: int
    failure: str = ""
