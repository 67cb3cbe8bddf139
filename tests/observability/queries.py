"""A small reader of PromQL: which metrics a query names, with which labels, and whether it could mean anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from argosy.observability.metrics import REGISTRY

METRIC = re.compile(r"\b((?:argosy[a-z0-9_:]*)|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*')
GROUPED = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
AGGREGATED = re.compile(r"\b(?:sum|min|max|avg|count)\s+by\s*\(([^)]*)\)\s*\(")
RATES = re.compile(r"\b(?:rate|increase|irate)\s*\(\s*([a-z0-9_:]+)(?:\{[^}]*\})?\[")
EVERYWHERE = frozenset({"process", "instance", "job"})
"""Labels that the scrape and the exposition add."""


class Metric(NamedTuple):
    kind: str
    labels: frozenset[str]
    says: str


def exported() -> dict[str, Metric]:
    """Every series name that the code can export."""
    found = {"up": Metric("gauge", frozenset(), "")}
    for metric in REGISTRY._collector_to_names:
        name, kind, labels = metric._name, metric._type, frozenset(metric._labelnames)  # type: ignore[attr-defined]
        says = metric._documentation  # type: ignore[attr-defined]
        if kind == "counter":
            found[f"{name}_total"] = Metric(kind, labels, says)
        elif kind == "histogram":
            found[f"{name}_bucket"] = Metric("counter", labels | {"le"}, says)
            found[f"{name}_sum"] = found[f"{name}_count"] = Metric("counter", labels, says)
        else:
            found[name] = Metric(kind, labels, says)
    return found


def recorded(rules: dict[str, str]) -> dict[str, Metric]:
    """Series that recording rules make: ratios without labels."""
    return {name: Metric("gauge", frozenset(), "") for name in rules}


def faults(query: str, known: dict[str, Metric]) -> Iterator[str]:
    """What is wrong with a query, one line each."""
    if query.count("(") != query.count(")"):
        yield "its brackets do not match"
        return
    named = [(match[1], match[2] or "") for match in METRIC.finditer(query)]
    if not named:
        yield "it names no metric"
    for name, matchers in named:
        if name not in known:
            yield f"nobody exports {name}"
            continue
        yield from _wrong_matchers(name, matchers, known[name])
    inside = [name for name, _ in named if name in known]
    every = frozenset().union(*(known[name].labels for name in inside)) | EVERYWHERE
    for word, labels in GROUPED.findall(query):
        for label in _names(labels):
            if label not in every:
                yield f"{word} ({label}): none of {', '.join(inside)} has that label"
    yield from _wrong_aggregates(query, known)
    rated = set(RATES.findall(query))
    for name in inside:
        if (known[name].kind == "counter") != (name in rated):
            yield f"{name} is a {known[name].kind}: " + (
                "it needs a rate" if known[name].kind == "counter" else "no rate"
            )


def _wrong_matchers(name: str, text: str, metric: Metric) -> Iterator[str]:
    for part in filter(None, text.split(",")):
        match = MATCHER.fullmatch(part)
        if match is None:
            yield f"{name}: {part} is no matcher"
        elif match[1] not in metric.labels | EVERYWHERE:
            yield f"{name} has no label {match[1]}"
        elif ":" in metric.says or " by " in metric.says:
            for value in match[3].split("|"):
                if value.isalpha() and value not in re.findall(r"\w+", metric.says):
                    yield f'{name}: {match[1]}="{value}" is not among what it says of itself: {metric.says}'


def _wrong_aggregates(query: str, known: dict[str, Metric]) -> Iterator[str]:
    """What is aggregated has the labels that are kept."""
    for match in AGGREGATED.finditer(query):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(query[end], 0)
            end += 1
        for name, _ in ((found[1], found[2]) for found in METRIC.finditer(query[match.end() : end])):
            if name in known:
                for label in _names(match[1]):
                    if label not in known[name].labels | EVERYWHERE:
                        yield f"{name} has no label {label} to keep"


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
