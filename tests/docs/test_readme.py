"""What the pages for people name exists: commands with their options, files, links, settings, demo goods."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy.apps.cli import demo
from argosy.apps.cli.main import parser
from argosy.contracts.products import CreateProduct
from argosy.platform.databases import NAMES, own_server
from tests.architecture.sources import PROJECT

PAGES = sorted(
    [
        *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/README.md")),
        *PROJECT.glob("docs/*.md"),
        *PROJECT.glob("docs/how-to/*.md"),
        *PROJECT.glob("docs/runbooks/*.md"),
        *PROJECT.glob("argosy/**/README.md"),
    ]
)
# What a page lets its reader make.
MADE_BY_THE_READER = re.compile(r"loyalty|^(domain|application|adapters)/")
TOPS = ("argosy", "benchmarks", "config", "contracts", "deploy", "docs", "tests", ".ci", ".env.example", "Makefile")
# What Django, WSGI and pytest call their own, and what an experiment tells the processes that it starts.
NOT_SETTINGS = ("DJANGO_", "HTTP_", "CONTENT_", "REQUEST_", "PATH_", "SCRIPT_", "PYTEST_", "ARGOSY_CHAOS_")
# Folders of tests that are no packages, or hold none.
OTHERS = {"architecture", "docs", "fixtures"}
COMMAND = re.compile(r"(?:^|(?<=[`\s(])|\.venv/bin/)argosy ((?:--?)?[a-z][^`\n|#]*)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
VARIABLE = re.compile(
    r"""(?:environ(?:ment)?\.(?:get|pop|setdefault)\(|environ(?:ment)?\[|PARENT = |VARIABLE = )"(\w+)\""""
)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def pieces_of_code(text: str) -> Iterator[str]:
    """Lines of fenced blocks, and what stands between backticks elsewhere."""
    for index, part in enumerate(re.split(r"^```.*$", text, flags=re.MULTILINE)):
        yield from part.replace("\\\n", " ").splitlines() if index % 2 else re.findall(r"`([^`\n]+)`", part)


def commands_in(text: str) -> Iterator[list[str]]:
    for piece in pieces_of_code(text):
        for found in COMMAND.findall(piece):
            yield shlex.split(re.split(r" && | \|\| |  +| > ", found)[0])


def unknown_commands(text: str) -> Iterator[str]:
    """Commands that do not exist, and options that a command does not have. Words in capitals are the reader's."""
    for words in commands_in(text):
        here: argparse.ArgumentParser = parser(())
        for word in words:
            deeper = subcommands(here)
            if takes_anything(here):
                break
            if word.startswith("-") and word.partition("=")[0] not in here._option_string_actions:
                yield f"argosy {' '.join(words)}: {word}"
            elif not word.startswith("-") and deeper and not word.isupper():
                if word not in deeper:
                    yield f"argosy {' '.join(words)}: {word}"
                    break
                here = deeper[word]


def takes_anything(here: argparse.ArgumentParser) -> bool:
    return any(action.nargs == argparse.REMAINDER for action in here._actions)


def subcommands(here: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in here._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def missing_files(text: str) -> Iterator[str]:
    """Paths from the project's top between backticks that lead nowhere."""
    for piece in re.findall(r"`([^`\s]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
        path = piece.partition("::")[0].partition(":")[0]
        top = path.split("/")[0]
        if top not in TOPS or ("/" not in path and "." not in path) or MADE_BY_THE_READER.search(path):
            continue
        if not any(mark in path for mark in "<>*{}@=(") and not (PROJECT / path).exists():
            yield path


def broken_links(page: Path, text: str) -> Iterator[str]:
    for target in LINK.findall(text):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = page.parent / file if file else page
        if not there.exists() or (anchor and anchor not in anchors(text_of(there))):
            yield target


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def variables_read() -> set[str]:
    files = [path for top in ("argosy", "config") for path in (PROJECT / top).rglob("*.py")]
    files += (PROJECT / "tests").rglob("*.py")
    found = {name for path in files for name in VARIABLE.findall(text_of(path))}
    found |= {name for path in files for name in re.findall(r"ARGOSY_[A-Z_]*[A-Z](?![A-Z_])", text_of(path))}
    found |= {own_server(alias) for alias in NAMES}
    return {name for name in found if not name.startswith(NOT_SETTINGS)}


def named(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_on_a_page_exists(page: Path) -> None:
    what_is_there = text_of(page).partition("\n## Waiting\n")[0]
    assert list(unknown_commands(what_is_there)) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_on_a_page_exists(page: Path) -> None:
    assert list(missing_files(text_of(page))) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_on_a_page_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page, text_of(page))) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_table_on_a_page_is_one(page: Path) -> None:
    lines = ["", *text_of(page).splitlines(), ""]
    begun = [
        (line, below)
        for above, line, below in zip(lines, lines[1:], lines[2:], strict=False)
        if line.startswith("|") and not above.startswith("|")
    ]
    assert [line for line, below in begun if not re.fullmatch(r"[| :-]+", below)] == []


def test_every_target_of_make_on_a_page_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(PROJECT / "Makefile"), flags=re.MULTILINE))
    for page in PAGES:
        for piece in pieces_of_code(text_of(page)):
            for target in re.findall(r"^make ([a-z-]+)", piece):
                assert target in targets, f"{named(page)}: make {target}"


def test_every_setting_that_code_reads_is_in_the_example_and_the_table() -> None:
    example = set(re.findall(r"^#?([A-Z_]+)=", text_of(PROJECT / ".env.example"), flags=re.MULTILINE))
    assert example == variables_read()
    table = text_of(PROJECT / "README.md")
    apart = {"ARGOSY_PARENT", "ARGOSY_WEB_ADDRESS", *map(own_server, NAMES)}
    assert [name for name in sorted(example - apart) if f"`{name}" not in table] == []


def test_the_readme_leads_to_every_page_of_docs() -> None:
    pages = [path for path in PAGES if path.is_relative_to(PROJECT / "docs") and "runbooks" not in path.parts]
    assert [named(path) for path in pages if f"({named(path)})" not in text_of(PROJECT / "README.md")] == []


def test_a_shell_reads_the_example_as_it_is_written(tmp_path: Path) -> None:
    settings = re.findall(r"^#([A-Z_]+)=(.*)$", text_of(PROJECT / ".env.example"), flags=re.MULTILINE)
    mine = tmp_path / ".env"
    mine.write_text("".join(f"{name}={value}\n" for name, value in settings), encoding="utf-8")
    read = subprocess.run(
        ["/bin/sh", "-c", f"set -ae; . {shlex.quote(str(mine))}; /usr/bin/env -0"],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (read.returncode, read.stderr) == (0, "")
    known = dict(line.split("=", 1) for line in read.stdout.split("\0") if line)
    assert {name: known.get(name) for name, _ in settings} == {name: value.strip('"') for name, value in settings}


def test_the_goods_of_the_readme_are_in_the_demo() -> None:
    ids = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text_of(PROJECT / "README.md")))
    made = [command for command in demo._products() if isinstance(command, CreateProduct)]
    demo_ids = {str(command.product_id) for command in made}
    demo_ids |= {str(variant.variant_id) for command in made for variant in command.variants}
    assert len(ids) == 4
    assert ids <= demo_ids


def test_every_folder_of_tests_is_told_of_where_one_asks_where_a_test_goes() -> None:
    page = text_of(PROJECT / "tests" / "README.md")
    rows = "".join(row.partition(" |")[0] for row in page.splitlines() if row.startswith("| `"))
    told = {name.split("/")[0] for name in re.findall(r"`([^`]+)`", rows)}
    assert told == {path.name for path in (PROJECT / "tests").iterdir() if (path / "__init__.py").exists()} | OTHERS


def test_what_does_not_exist_is_found(tmp_path: Path) -> None:
    text = (
        "`argosy sail` `argosy up --sail 3` `argosy import olist DIR --limit 3` `docs/nowhere.md` "
        "[gone](nowhere.md) [no such title](#sails)\n\n```\n.venv/bin/argosy replay books DIR\n```\n"
    )
    assert list(unknown_commands(text)) == [
        "argosy sail: sail",
        "argosy up --sail 3: --sail",
        "argosy import olist DIR --limit 3: --limit",
        "argosy replay books DIR: books",
    ]
    assert list(missing_files(text)) == ["docs/nowhere.md"]
    assert list(broken_links(tmp_path / "page.md", text)) == ["nowhere.md", "#sails"]
