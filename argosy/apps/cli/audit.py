"""`argosy audit`: what staff, members of stores' teams and operators have done."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from argosy.apps.cli.console import number_to, say
from argosy.apps.cli.project import ready
from argosy.shared_kernel.codec import encode

LIMIT_MAX = 10_000
HELP = """\
Lists what people with rights over others' things have done, the newest first: staff and members of stores' teams over
HTTP, and operators at a terminal, who dropped a message or stepped into a flow. Each says who, what, to what, and why.
"""
EPILOG = """\
examples:
  argosy audit                                         the last 20
  argosy audit --about ORDER_ID                        what was done to an order
  argosy audit --operator USER_ID --since 2026-11-01   what somebody has done
  argosy audit --what SuspendSeller --json             for programs
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("--operator", metavar="WHO", default="", help="by whom: an id, or a name at a terminal")
    command.add_argument("--about", metavar="WHAT", default="", help="to what: an id or a name")
    command.add_argument("--what", metavar="OPERATION", default="", help="what was done, as the API calls it")
    command.add_argument("--context", metavar="NAME", default="", help="in which context")
    command.add_argument("--since", metavar="TIME", type=_instant, help="from then on (UTC unless it says otherwise)")
    command.add_argument("--until", metavar="TIME", type=_instant, help="before then")
    command.add_argument("--limit", metavar="N", type=number_to(LIMIT_MAX), default=20, help="how many at most (20)")
    command.add_argument("--json", action="store_true", help='{"acts": [{"what": "SuspendSeller", ...}]}')
    command.set_defaults(run=run)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def run(options: argparse.Namespace) -> None:
    ready()
    import msgspec

    from argosy.read_models.audit.projector import ActShown
    from argosy.read_models.audit.queries import acts

    filters = {name: getattr(options, name) for name in ("operator", "about", "what", "context")}
    found = [one.body for one in acts(filters, options.since, options.until, limit=options.limit)]
    if options.json:
        say(encode({"acts": found}).decode())
        return
    if not found:
        say("nothing of that kind was done")
    for body in found:
        act = msgspec.json.decode(body, type=ActShown)
        where = f", {act.context}" if act.context else ""
        say(f"{act.at} {act.what} {act.about} by {act.operator} ({act.acted_as}{where})")
        if act.reason:
            say(f"  {act.reason}")
