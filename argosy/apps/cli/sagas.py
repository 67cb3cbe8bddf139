"""`argosy sagas`: the flows that have not ended, one flow's story, and stepping in."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from argosy.apps.cli.console import Failed, number_to, say
from argosy.apps.cli.operators import operator_of
from argosy.apps.cli.project import ready
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.ids import is_id

if TYPE_CHECKING:
    from argosy.platform.flow_stories import Stands, Story

RECENT_MAX = 1_000
HELP = """\
Lists the flows that have not ended. With an ID: how each step stands, what the flow waits for and until when, and its
messages as a timeline. `retry` asks again for every answer that has not come: whoever has done it already gives the
same answer, so nothing is done twice. `compensate` gives a flow up and undoes what it did, where that is still allowed.
"""
EPILOG = """\
examples:
  argosy sagas                              what has not ended
  argosy sagas --recent 20                  what began last, ended or not
  argosy sagas 0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10
  argosy sagas retry 0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10 --reason "the gateway is back"
  argosy sagas compensate 0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10 --reason "the buyer asked, ticket 4711"
"""
DEEDS = ("retry", "compensate")


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("what", nargs="?", default="", metavar="ID | retry | compensate", help="one flow, or a deed")
    command.add_argument("id", nargs="?", default="", metavar="ID", help="of the flow, for a deed")
    command.add_argument(
        "--recent",
        type=number_to(RECENT_MAX),
        default=0,
        metavar="N",
        help="the last N that began, in place of open ones",
    )
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument("--reason", default="", help="why, for those who read the log; a deed needs it")
    command.add_argument("--by", metavar="NAME", default="", help="who (the user at this terminal)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    id = options.id if options.what in DEEDS else options.what
    if options.what in DEEDS and not id:
        raise Failed(f"{options.what} what? `argosy sagas` lists the flows that have not ended")
    if options.id and options.what not in DEEDS:
        raise Failed(f"{options.what} is no deed; there are {', '.join(DEEDS)}")
    if id and not is_id(id):
        raise Failed(f"{id} is no id of a flow")
    ready()
    from argosy.platform.flow_stories import NoSuchFlow, open_ones, recent_ones, step_in, story
    from argosy.platform.runtime import runtime

    try:
        if options.what in DEEDS:
            _tell_deed(options, step_in(runtime(), id, options.what, operator_of(options)))
        elif id:
            _tell_story(options, story(runtime(), id))
        else:
            found = recent_ones(runtime(), options.recent) if options.recent > 0 else open_ones(runtime())
            _tell_list(options, found)
    except NoSuchFlow as error:
        raise Failed(str(error)) from None


def _tell_deed(options: argparse.Namespace, answer: Any) -> None:
    if options.json:
        say(encode(answer).decode())
    else:
        say(f"done, and written down; it stands at {getattr(answer, 'status', answer)}")


def _tell_list(options: argparse.Namespace, found: list[Stands]) -> None:
    if options.json:
        return say(encode({"sagas": found}).decode())
    if not found:
        say("no flow is open")
    for one in found:
        say(_line(one))
    return None


def _line(one: Stands) -> str:
    why = f", {one.failure}" if one.failure else ""
    until = f", until {_time(one.deadline)}" if one.deadline else ""
    return f"{one.saga} {one.id}  {one.standing}{why}, since {_time(one.began)}{until}"


def _tell_story(options: argparse.Namespace, found: Story) -> None:
    if options.json:
        return say(encode(found).decode())
    say(_line(found.flow))
    say("steps")
    width = max((len(name) for name in found.steps), default=0)
    for name, standing in found.steps.items():
        say(f"  {name:<{width}}  {standing}")
    if found.waits:
        say("waits for")
    for one in found.waits:
        until = f", until {_time(one.until)}" if one.until else ""
        say(f"  {one.for_}{until}{f' ({one.note})' if one.note else ''}")
    say("messages")
    for line in found.told:
        details = "; ".join(f"{name} {value}" for name, value in line.details.items())
        say(f"  {line.at:%H:%M:%S.%f}  {line.context:<12}  {line.message}{f'  ({details})' if details else ''}")
    return None


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
