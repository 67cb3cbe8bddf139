"""`argosy replay`: real baskets played as their buyers, and the money compared to the cent."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.apps.cli.console import Failed, count, number_to, progress, say, table
from argosy.apps.cli.processes import Processes, ended_by_signals, free_ports
from argosy.apps.cli.project import ready

if TYPE_CHECKING:
    from argosy.apps.cli.replay_data import Basket, Run
    from argosy.shared_kernel.ids import Id

HELP = """\
Plays every basket of the Olist data set as its buyer, through the public HTTP API: sign in, fill the cart, check out
with address and delivery, pay on the test gateway, until the orders are paid. Then reads every order, and compares it
with the file: sellers, lines, and money to the cent. Without --url it starts a web and a worker of its own over
ARGOSY_VAR for the time of the run. --direct sends the same commands to the use cases and leaves the web out.

Played again under the same --run, with as many buyers, every purchase is found again and nothing is bought twice; stock
is imported for ten plays. The exit status is 0 only where everything was paid, to the cent.
"""
EPILOG = """\
examples:
  argosy import olist ~/olist && argosy replay olist ~/olist
  argosy replay olist ~/olist --url http://127.0.0.1:8000 --limit 100
  argosy replay olist ~/olist --direct --run second
  ARGOSY_TEST_GATEWAY_LATENCY_MS=200 ARGOSY_TEST_GATEWAY_LOSS=0.02 argosy replay olist ~/olist --json

environment:
  ARGOSY_TEST_GATEWAY_LATENCY_MS   how long the test gateway takes for an answer (50)
  ARGOSY_TEST_GATEWAY_LOSS         the share of its answers that are lost (0)
"""
HOST = "127.0.0.1"
BUYERS_MAX = 1_000
CATALOGUE_SECONDS = 60.0


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=summary, epilog=EPILOG)
    kinds = command.add_subparsers(dest="kind", metavar="KIND", required=True, parser_class=type(command))
    olist = kinds.add_parser("olist", help="the Olist data set", description=HELP, epilog=EPILOG)
    olist.add_argument("folder", metavar="DIR", type=Path, help="the folder of its files")
    olist.add_argument("--buyers", type=number_to(BUYERS_MAX), default=32, metavar="N", help="buyers at once (32)")
    olist.add_argument("--limit", type=number_to(10**9), metavar="N", help="only the first N baskets")
    olist.add_argument("--run", dest="name", default="", metavar="NAME", help="another name plays everything again")
    olist.add_argument("--url", help="of a marketplace that is up already")
    olist.add_argument("--direct", action="store_true", help="send commands to the use cases, not over HTTP")
    olist.add_argument("--json", action="store_true", help="the result for programs")
    olist.set_defaults(run=replay_olist)


def replay_olist(options: argparse.Namespace) -> int:
    """Play, compare, tell; 0 where all is as in the file."""
    from argosy.apps.cli.olist_files import read_olist
    from argosy.apps.cli.replay_data import baskets_of, last_listed

    if options.url and options.direct:
        raise Failed("--direct sends nothing to --url: give one of them")
    if len(options.name) > 40 or not all(letter.isalnum() or letter in "-_." for letter in options.name):
        raise Failed("--run: a name of at most 40 letters, digits, dots, dashes and underscores")
    with progress("reading files"):
        olist = read_olist(options.folder)
    baskets = baskets_of(olist, options.buyers, options.name, options.limit)
    if not baskets:
        raise Failed("the file holds no basket")
    last = last_listed(olist)
    with ended_by_signals():
        run = _direct(options, baskets, last) if options.direct else _over_http(options, baskets, last)
    if options.json:
        say(json.dumps(run.summary()))
    else:
        table(f"{count(len(baskets), 'basket')} {run.how}", run.rows())
    return 0 if run.is_good else 1


def _over_http(options: argparse.Namespace, baskets: list[Basket], last: Id) -> Run:
    from argosy.apps.cli.http_client import host_and_port
    from argosy.apps.cli.replay_http import is_shown

    if options.url:
        server = host_and_port(options.url)
        if server is None:
            raise Failed(f"--url {options.url}: write http://HOST:PORT")
        wait_for_catalogue(lambda: is_shown(server, last))
        return _play_over_http(options, baskets, server, f"at {options.url}")
    var = ready()
    port, waits_port = free_ports(HOST)
    with Processes() as processes:
        if not worker_is_there(var):
            processes.start("worker", "--quiet")
        processes.start("web", "--port", str(port), "--waits-port", str(waits_port))
        processes.wait_until_ready(HOST, port)
        wait_for_catalogue(lambda: is_shown((HOST, port), last), processes.check)
        return _play_over_http(options, baskets, (HOST, port), "over HTTP")


def _play_over_http(
    options: argparse.Namespace,
    baskets: list[Basket],
    server: tuple[str, int],
    where: str,
) -> Run:
    from argosy.apps.cli.replay_data import Run
    from argosy.apps.cli.replay_http import play_all

    with progress("playing baskets", len(baskets)) as step:
        played, seconds, cpu = play_all(baskets, options.buyers, server, step)
    return Run(
        played=played,
        seconds=seconds,
        loader_share=cpu / max(seconds, 1e-9),
        how=f"played {where} by {count(min(options.buyers, len(baskets)), 'buyer')}",
    )


def _direct(options: argparse.Namespace, baskets: list[Basket], last: Id) -> Run:
    var = ready()
    from argosy.apps.cli.replay_data import Run
    from argosy.apps.cli.replay_direct import Player
    from argosy.platform.runtime import runtime
    from argosy.read_models.catalogue.queries import product_page

    with Processes() as processes:
        if not worker_is_there(var):
            processes.start("worker", "--quiet")
        wait_for_catalogue(lambda: product_page(last) is not None, processes.check)
        player = Player(runtime(), min(options.buyers, len(baskets)))
        with progress("playing baskets", len(baskets)) as step:
            played, seconds, cpu = player.play_all(baskets, step, processes.check)
    return Run(played=played, seconds=seconds, loader_share=cpu / max(seconds, 1e-9), how="sent to the use cases")


def wait_for_catalogue(is_there: Callable[[], bool], check: Callable[[], None] = lambda: None) -> None:
    """Until the shop shows all products; a catalogue that was just imported takes a moment."""
    give_up = time.monotonic() + CATALOGUE_SECONDS
    with progress("waiting for the shop to show the products"):
        while not is_there():
            check()
            if time.monotonic() >= give_up:
                raise Failed("the shop does not show the data set's products: run `argosy import olist DIR` first")
            time.sleep(0.1)


def worker_is_there(var: Path) -> bool:
    """Whether a living worker listens in the data folder already."""
    return any(
        Path(f"/proc/{path.stem.rpartition('-')[2]}").exists() for path in (var / "doorbell").glob("worker-*.sock")
    )
