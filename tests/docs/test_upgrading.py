"""What the changelog asks an operator to do once stands where an operator looks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.architecture.sources import PROJECT

# Between backticks: what is typed into a terminal or a database, and not what a command is called.
ASKED_FOR = re.compile(r"\b(?:[Rr]un|[Ww]here [^`]*?,) `(argosy (?!migrate)[^`]+|UPDATE [^`]+)`")


def asked_for(changelog: str) -> list[str]:
    return ASKED_FOR.findall(changelog)


def left_out(changelog: str, page: str) -> Iterator[str]:
    steps = page.partition("\n## What a version asks for once\n")[2].partition("\n## ")[0]
    yield from (step for step in asked_for(changelog) if f"`{step}`" not in steps)


def text_of(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_upgrading_has_every_step_that_the_changelog_asks_for() -> None:
    changelog = text_of("CHANGELOG.md")
    assert {"argosy rebuild catalogue", "UPDATE stock_items SET is_told = false"} <= set(asked_for(changelog))
    assert list(left_out(changelog, text_of("docs/upgrading.md"))) == []


def test_a_step_that_is_left_out_is_found() -> None:
    changelog = (
        "- Pages. Run `argosy rebuild pages` for those from before; `argosy rebuild` is faster. Run `argosy migrate`.\n"
        "  Where webs of before ran, `UPDATE pages SET is_told = false`, once they are gone.\n"
    )
    page = "# Up\n\n`argosy rebuild pages`\n\n## What a version asks for once\n\n{steps}\n\n## Next\n\n`UPDATE pages`\n"
    assert list(left_out(changelog, page.format(steps="nothing"))) == [
        "argosy rebuild pages",
        "UPDATE pages SET is_told = false",
    ]
    assert (
        list(left_out(changelog, page.format(steps="`argosy rebuild pages` `UPDATE pages SET is_told = false`"))) == []
    )
