"""Names that say something: no junk drawers, no barrels, and tests that read as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.architecture.sources import Source, sources, written

FORBIDDEN_MODULES = {"utils", "helpers", "managers", "interfaces", "types"}
SENTENCE_WORDS_MIN = 3


def junk_drawers(source: Source) -> Iterator[str]:
    """A folder of that name is no better than a file."""
    for part in (*source.path.parent.parts, source.path.stem):
        if part in FORBIDDEN_MODULES:
            yield f"{source.path}: `{part}` says nothing: name it after its subject"


def barrels(source: Source) -> Iterator[str]:
    """Names are imported from where they are written, so that a reader finds them there."""
    if source.path.name == "__init__.py" and source.text:
        yield f"{source.path}: must be empty"


def mumbled_tests(source: Source) -> Iterator[str]:
    if source.path.parts[0] != "tests":
        return
    for function in source.functions():
        if not function.name.startswith("test_"):
            continue
        words = [word for word in function.name.removeprefix("test_").split("_") if word]
        if len(words) < SENTENCE_WORDS_MIN:
            yield f"{source.path}:{function.lineno}: {function.name} should say what holds, in three words or more"


RULES = [junk_drawers, barrels, mumbled_tests]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_name_says_something(rule: Callable[[Source], Iterator[str]]) -> None:
    assert [complaint for source in sources() for complaint in rule(source)] == []


GOOD = [
    (junk_drawers, written("argosy/domains/orders/domain/order.py", "")),
    (barrels, written("argosy/domains/__init__.py", "")),
    (mumbled_tests, written("tests/test_stock.py", "def test_holds_nothing_twice(): ...\ndef testing(): ...\n")),
    (mumbled_tests, written("argosy/a.py", "def test_gateway(): ...\n")),
]
BAD = [
    *((junk_drawers, written(f"argosy/domains/orders/domain/{name}.py", "")) for name in sorted(FORBIDDEN_MODULES)),
    (junk_drawers, written("argosy/platform/utils/sql.py", "")),
    (barrels, written("argosy/domains/__init__.py", "from argosy.domains.orders import order\n")),
    (barrels, written("argosy/domains/__init__.py", '"""The business."""\n')),
    (mumbled_tests, written("tests/test_stock.py", "def test_stock(): ...\n")),
    (mumbled_tests, written("tests/test_stock.py", "class TestStock:\n    async def test_hold_2(self): ...\n")),
]


@pytest.mark.parametrize(("rule", "source"), GOOD)
def test_a_good_name_passes(rule: Callable[[Source], Iterator[str]], source: Source) -> None:
    assert list(rule(source)) == []


@pytest.mark.parametrize(("rule", "source"), BAD)
def test_a_bad_name_is_found(rule: Callable[[Source], Iterator[str]], source: Source) -> None:
    (complaint,) = rule(source)
    assert complaint.startswith(str(source.path))
