"""`argosy contracts`: freeze the messages, and write the pages of docs/ that are made from the code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from argosy.apps.cli.console import Failed, count, say
from argosy.apps.cli.project import prepare

HELP = """\
Writes contracts/events, contracts/commands and contracts/asyncapi.yaml, and the pages of docs/ that are made from the
code: messages, tables, context-map, errors. New messages and new fields with defaults are written down; any other
change of a message is refused: it needs a new version with an upcast from the old.
"""
EPILOG = """\
examples:
  argosy contracts                          write what is new, in a clone of the project
  argosy contracts --check                  only say what differs; fails when anything does
  argosy contracts --unreleased             also write breaks, of messages that no release has told yet
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("--check", action="store_true", help="write nothing; fail when anything differs")
    command.add_argument("--unreleased", action="store_true", help="write breaks down, too")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    project = Path.cwd()
    if not (project / "pyproject.toml").is_file() or not (project / "docs").is_dir():
        raise Failed("there are no contracts here: run this in a clone of the project")
    prepare()
    from argosy.apps.contracts import ContractBroken, differences, write, write_files
    from argosy.apps.reference.pages import pages

    made = pages(project)
    if options.check:
        found = [str(difference) for difference in differences(project / "contracts")]
        found += [
            f"{name}: is out of date; run `argosy contracts`"
            for name, text in made.items()
            if not (project / name).is_file() or (project / name).read_text(encoding="utf-8") != text
        ]
        if found:
            raise Failed(*found)
        say("contracts and pages are as the code is")
        return
    try:
        written = write(project / "contracts", is_unreleased=options.unreleased)
    except ContractBroken as broken:
        raise Failed(*str(broken).splitlines()) from None
    written += write_files(project, made)
    for path in written:
        say(path.relative_to(project).as_posix())
    say(f"{count(len(written), 'file')} written")
