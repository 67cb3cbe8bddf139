"""The pages of docs/ that are made from the code are as the code is."""

from __future__ import annotations

from functools import cache

import pytest

from argosy.apps.reference import errors
from argosy.apps.reference.errors import family_of, refusals, sentence_of
from argosy.apps.reference.pages import pages
from argosy.shared_kernel.errors import DomainError, RuleBroken
from tests.architecture.sources import PROJECT


@cache
def made() -> dict[str, str]:
    return pages(PROJECT)


@pytest.mark.parametrize(
    "name", ["docs/messages.md", "docs/tables.md", "docs/context-map.md", "docs/errors.md", "docs/lists.md"]
)
def test_a_generated_page_is_fresh(name: str) -> None:
    path = PROJECT / name
    assert path.is_file() and path.read_text(encoding="utf-8") == made()[name], (
        f"{name} is out of date: run `argosy contracts` and commit what it writes"
    )


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_refusal_has_a_family_and_a_sentence_of_its_own(kind: type[DomainError]) -> None:
    sentence = sentence_of(kind)
    assert sentence, f"{kind.__name__} says nothing to the person who is refused"
    assert sentence[0].isupper() and sentence.endswith((".", "?", "!")), f"{kind.__name__}: {sentence}"
    assert family_of(kind)
    assert f"| `{kind.code}` |" in made()["docs/errors.md"]


def test_a_refusal_without_words_would_be_found() -> None:
    class SilentRule(RuleBroken):
        pass

    assert SilentRule in errors._below(DomainError)
    assert sentence_of(SilentRule) == ""
