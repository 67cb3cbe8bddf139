"""Alerts and dashboards ask for what the code really exports; every alert has its page, and every page its alert."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.sources import PROJECT
from tests.architecture.test_owners import LEVELS
from tests.observability.queries import exported, faults, recorded

RULES = PROJECT / "deploy" / "prometheus" / "alerts.yaml"
BOARDS = sorted((PROJECT / "deploy" / "grafana").glob("*.json"))
RUNBOOKS = PROJECT / "docs" / "runbooks"
SECTIONS = ("## What it means", "## Look", "## Mend", "## Afterwards")
BY_CONTEXT = "{{ $labels.criticality }}"


def rules() -> list[dict[str, Any]]:
    found = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in found for rule in group["rules"]]


RECORDS = {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}
ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
KNOWN = {**exported(), **recorded(RECORDS)}


def queries_of(board: Path) -> list[tuple[str, str]]:
    panels = json.loads(board.read_text(encoding="utf-8"))["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel["targets"]]


@pytest.mark.parametrize("name", [*RECORDS, *ALERTS])
def test_a_rule_asks_for_what_is_exported(name: str) -> None:
    expr = RECORDS.get(name) or ALERTS[name]["expr"]
    assert list(faults(expr, KNOWN)) == []


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_a_dashboard_asks_for_what_is_exported(board: Path) -> None:
    found = {title: list(faults(expr, KNOWN)) for title, expr in queries_of(board)}
    assert {title: wrong for title, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_panels_of_a_dashboard_have_a_place_and_an_id_of_their_own(board: Path) -> None:
    panels = json.loads(board.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_every_metric_is_on_a_dashboard() -> None:
    """Whatever is measured can be seen: else it need not be measured."""
    asked = " ".join(expr for board in BOARDS for _, expr in queries_of(board)) + " ".join(RECORDS.values())
    unseen = {
        name.rpartition("_")[0] if name.endswith(("_bucket", "_sum", "_count")) else name for name in exported()
    } - {"up"}
    assert {name for name in unseen if name not in asked} == {"argosy_context_info"}


@pytest.mark.parametrize("name", ALERTS)
def test_severity_is_a_level_of_criticality_or_that_of_the_alerts_context(name: str) -> None:
    severity = ALERTS[name]["labels"]["severity"]
    assert severity in LEVELS or severity == BY_CONTEXT
    if severity == BY_CONTEXT:
        assert "criticality" in ALERTS[name]["expr"], "the severity would be empty"
    elif " by (context" in ALERTS[name]["expr"]:
        raise AssertionError("an alert about a context is as severe as that context is critical")


@pytest.mark.parametrize("name", ALERTS)
def test_what_an_alert_says_is_in_its_query(name: str) -> None:
    rule = ALERTS[name]
    for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
        assert label == "instance" or re.search(rf"\b{label}\b", rule["expr"]), f"{label} would be empty"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    by_hand = {page for page in pages if not page.startswith("Argosy")}
    assert pages - by_hand == set(ALERTS)
    for name, rule in ALERTS.items():
        assert rule["annotations"]["runbook"] == f"docs/runbooks/{name}.md"


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_says_what_to_do_about_the_alert_as_it_is(name: str) -> None:
    page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert [section for section in SECTIONS if section not in page] == []
    shown = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
    assert shown.strip() == ALERTS[name]["expr"].strip(), "the page shows another query"
    assert f"({name}.md)" in (RUNBOOKS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("argosy_nothing > 1", "nobody exports argosy_nothing"),
        ("rate (argosy_orders[5m])", "nobody exports argosy_orders"),
        ("argosy_orders_total > 1", "argosy_orders_total is a counter: it needs a rate"),
        ("rate (argosy_parked_messages[5m])", "argosy_parked_messages is a gauge: no rate"),
        ('rate (argosy_orders_total{result="paid"}[5m])', "argosy_orders_total has no label result"),
        ('argosy_sagas_open{standing="asleep"}', 'argosy_sagas_open: standing="asleep" is not among'),
        ("sum by (route) (rate (argosy_orders_total[5m]))", "by (route): none of argosy_orders_total has that label"),
        (
            "max by (context) (argosy_sagas_open) * on (context) group_left () argosy_context_info",
            "argosy_sagas_open has no label context to keep",
        ),
        ("max (argosy_parked_messages", "its brackets do not match"),
        ("1 > 0", "it names no metric"),
    ],
)
def test_a_query_that_means_nothing_is_found(query: str, wrong: str) -> None:
    assert any(fault.startswith(wrong) for fault in faults(query, KNOWN)), list(faults(query, KNOWN))
