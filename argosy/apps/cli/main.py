"""`argosy`: one program for everything that is done to a marketplace from a terminal."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from argosy.apps.cli.console import Failed, complain
from argosy.shared_kernel.errors import DomainError

COMMANDS = {
    "up": "start the marketplace here: databases, demo goods, worker and web",
    "web": "serve the shop and the API",
    "worker": "work off messages, timers and calls",
    "migrate": "create the databases, or bring them up to date",
    "import": "bring in a catalogue: the Olist data set, or any CSV of products",
    "reconcile": "compare what a warehouse has counted with the books, and correct them when asked",
    "replay": "play real baskets as their buyers, and compare the money to the cent",
    "archive": "move the oldest messages from the logs into files",
    "backup": "keep a context's database aside, while it is in use",
    "restore": "put a context's database back, while the others go on",
    "rebuild": "make a read model anew from the logs",
    "parked": "list the messages that failed, have them tried again, or drop one",
    "sagas": "list the flows that have not ended, look into one, have it asked again or undone",
    "audit": "list what staff and operators have done, to what, and why",
    "messages": "who sends and who receives each message",
    "contracts": "freeze the messages, and write the pages that are made from the code",
    "bench": "measure the figures of docs/performance.md on this machine",
    "health": "whether a worker goes round and the marketplace can serve, with reasons",
    "chaos": "break a marketplace of its own on purpose, and prove that everything holds afterwards",
    "doctor": "prove the invariants on the data as it is",
    "simulate": "thirty days of buying in a second, while everything goes wrong",
}
SETTINGS_ARE_WRONG = ("ImproperlyConfigured", "NoGateway", "NoStorage", "StorageRefuses", "UnknownCrashPoint")
"""Faults whose text names a setting and what is wrong with it. By name: what declares them takes long to load."""
EPILOG = """\
begin here:
  argosy up                                 then open the address that it prints
  argosy import olist DIR                   sellers, products and stock of the Olist data set
  argosy replay olist DIR                   buy every basket of it over HTTP

environment:
  ARGOSY_VAR        folder of databases and indexes (default: var)
  ARGOSY_POSTGRES   postgresql://user:password@host:5432 instead of SQLite files
  NO_COLOR          no colours
  ARGOSY_DEBUG      show the traceback of an unforeseen fault
"""


class Parser(argparse.ArgumentParser):
    """Faults of usage are one line; examples keep their lines."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see `{self.prog} --help`)")
        sys.exit(2)


def parser(words: Sequence[str]) -> Parser:
    """Every command with its help; a command's module is imported when it is the one that is meant."""
    top = Parser(prog="argosy", description="A multi-seller marketplace.", epilog=EPILOG)
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    meant = _meant(words)
    for name, summary in COMMANDS.items():
        if meant not in (None, name):
            commands.add_parser(name, help=summary, add_help=False)
            continue
        _module(name).add(commands, name, summary)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. Whatever goes wrong is one line on standard error."""
    words = sys.argv[1:] if argv is None else list(argv)
    known = parser(words)
    options, handed_on = known.parse_known_args(words)
    if handed_on and not getattr(options, "hands_on", False):
        known.error(f"unrecognized arguments: {' '.join(handed_on)}")
    options.handed_on = handed_on
    if options.command is None:
        parser(()).print_help()
        return 0
    run: Callable[[argparse.Namespace], int | None] = options.run
    return _guarded(lambda: run(options) or 0)


def _guarded(run: Callable[[], int]) -> int:
    try:
        return run()
    except Failed as failure:
        for line in failure.lines:
            complain(line)
        return 1
    except KeyboardInterrupt:
        complain("stopped")
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has closed it: nobody is left to complain to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except DomainError as refusal:
        complain(f"{refusal.sentence} {refusal.details or ''}")
        return 1
    except Exception as error:  # the last place where a fault can become a line
        if os.environ.get("ARGOSY_DEBUG"):
            raise
        complain(explained(error))
        return 1


def explained(error: Exception) -> str:
    """What a fault of machine or database means, in words."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    lowered = text.lower()
    if "is full" in lowered or "no space left" in lowered:
        return f"no room is left on the disk: {text}"
    if "malformed" in lowered or "not a database" in lowered:
        return f"a database is damaged: {text}; restore it from a backup, or start in another folder (ARGOSY_VAR)"
    if "is not there, and somebody has written to it" in lowered:
        return f"a database was lost: {text}; put it back with `argosy restore`"
    if "readonly database" in lowered or "unable to open database" in lowered:
        return f"a database cannot be written to: {text} (ARGOSY_VAR names its folder)"
    if "connection failed" in lowered or "could not connect" in lowered or "connection refused" in lowered:
        return f"the database server is not there: {text}"
    if "no such table" in lowered or "does not exist" in lowered:
        return f"the databases are not up to date: {text}; run `argosy migrate`"
    if isinstance(error, UnicodeEncodeError):
        return f"not UTF-8 text: {error.object[:60]!r}"
    if isinstance(error, OSError) or type(error).__name__ in SETTINGS_ARE_WRONG:
        return text
    return f"unforeseen: {type(error).__name__}: {text} (ARGOSY_DEBUG=1 shows where)"


def _module(name: str) -> Any:
    return importlib.import_module(f"argosy.apps.cli.{'imports' if name == 'import' else name}")


def _meant(words: Sequence[str]) -> str | None:
    """The command that was typed, so that no other one's module is loaded."""
    for word in words:
        if not word.startswith("-"):
            return word if word in COMMANDS else None
    return None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"argosy {version('argosy')}"
    except PackageNotFoundError:
        return "argosy (not installed)"


if __name__ == "__main__":
    sys.exit(main())
