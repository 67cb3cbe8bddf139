"""Experiments are seen to fail: with its protection switched off in the processes, each notices. Some minutes long:
`make chaos-broken`."""

from __future__ import annotations

from pathlib import Path

import pytest

from argosy.apps.chaos.catalogue import EXPERIMENTS
from argosy.apps.chaos.experiment import FAILED
from argosy.apps.chaos.programs import SETTINGS
from argosy.apps.chaos.runner import run_one
from argosy.apps.chaos.scene import CALM

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

NOTICED = [
    ("leases_are_not_compared", "asleep-worker", 9.0, "was not refused for that"),
    ("leases_last_a_minute", "asleep-worker", 9.0, "took over"),
    ("nobody_looks_before_charging_again", "slow-gateway", 6.0, " taken for "),
    ("requests_are_not_recognised", "double-order", 3.0, " after "),
    ("commits_are_torn_in_two", "killed-mid-batch", 6.0, "not calm"),
    ("stock_is_not_given_back", "payment-fails", 3.0, "pieces are still held"),
    ("stock_is_not_counted", "last-piece", 3.0, ""),
    ("whom_one_cannot_look_up_is_let_in", "sessions-away", 7.0, "token was answered 200"),
    ("what_cannot_be_counted_is_let_in", "limits-away", 3.0, "without limits sign-in was answered"),
    ("full_disks_are_bugs", "disk-full", 5.0, ": 500 "),
    ("files_are_made_anew", "database-away", 12.0, "was made in place"),
    ("sessions_are_relied_on", "pooled-connections", 5.0, "a session keeps"),
    ("a_wiped_topic_is_gone_on_with", "broker-down", 10.0, "not calm"),
    ("differences_are_kept_quiet", "restored-from-yesterday", 4.0, "reconciliation named []"),
    ("a_restored_log_goes_on_in_its_old_life", "restored-from-yesterday", 4.0, "not calm"),
    ("what_is_too_new_is_passed_over", "two-versions", 6.0, "never stood down"),
    ("everybody_is_let_in", "overload", 8.0, "was refused, where"),
    ("nothing_is_more_critical", "overload", 8.0, "not refused before orders and payments"),
    ("nobody_watches_over_connections", "wires-cut", 20.0, "nobody was told to come back"),
]


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chaos") / "goods"


@pytest.mark.parametrize(("protection", "name", "seconds", "told"), NOTICED)
def test_an_experiment_fails_when_its_protection_is_off(
    monkeypatch: pytest.MonkeyPatch, goods: Path, protection: str, name: str, seconds: float, told: str
) -> None:
    monkeypatch.setenv(SETTINGS, "tests.chaos.broken")
    monkeypatch.setenv("ARGOSY_CHAOS_BROKEN", protection)
    monkeypatch.setenv(CALM, "20")
    outcome = run_one(EXPERIMENTS[name], seconds, 1, goods)
    assert outcome.status == FAILED
    assert any(told in fault for fault in outcome.faults), outcome.faults
    assert not any("broke off" in fault or "did not end" in fault for fault in outcome.faults), outcome.faults
