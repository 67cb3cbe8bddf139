"""What staff and operators have done, by who did it, to what, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from argosy.contracts.accounts import PersonErased
from argosy.read_models.audit.projector import Act, ActShown
from argosy.read_models.views import AUDIT, TELLING, VIEWS
from argosy.shared_kernel.messages import OperatorActed, StaffActed
from tests.marketplace import Marketplace
from tests.read_models.staging import NOON, rows_of, stage_of
from tests.support import an_id

BOSS, EVE = an_id("boss"), an_id("eve")


def acted(name: str, **changes: Any) -> StaffActed:
    said = {"about": EVE, "what": "BlockUser", "operator": BOSS, "acted_as": "staff", "context": "accounts"}
    return StaffActed(**{"act_id": an_id(name), "person_id": EVE, "reason": "Eve stole", **said, **changes})


def shown(stage: Any) -> list[ActShown]:
    return [msgspec.json.decode(row.body, type=ActShown) for row in stage.all(Act)]


def test_an_act_is_shown_once_with_who_what_and_why() -> None:
    stage = stage_of(AUDIT)
    dropped = OperatorActed(about="m", what="drop", operator="mo", reason="ticket 4711")
    stage.send(acted("one"), dropped, told_at=NOON)
    before = rows_of(stage, AUDIT)
    stage.send(acted("one"), dropped, told_at=NOON)
    assert rows_of(stage, AUDIT) == before
    assert sorted((one.what, one.operator, one.acted_as, one.reason) for one in shown(stage)) == [
        ("BlockUser", BOSS, "staff", "Eve stole"),
        ("drop", "mo", "operator", "ticket 4711"),
    ]
    stage.send(dropped, told_at=NOON + timedelta(seconds=1))
    assert len(shown(stage)) == 3


def test_of_much_that_operators_did_to_one_thing_one_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much has been done about a thing: what is done once more is looked for alone."""
    stage = stage_of(AUDIT)
    for number in range(30):
        dropped = OperatorActed(about="m", what="drop", operator="mo", reason=f"ticket {number}")
        stage.send(dropped, told_at=NOON + timedelta(seconds=number))
    read: list[Act] = []
    load = stage.store.load

    def counted(*asked: Any) -> Any:
        found = load(*asked)
        read.extend(found)
        return found

    monkeypatch.setattr(stage.store, "load", counted)
    stage.send(dropped, told_at=NOON + timedelta(seconds=29))
    assert [one.operator for one in read] == ["mo"]
    stage.send(dropped, told_at=NOON + timedelta(seconds=30))
    assert (len(read), len(shown(stage))) == (1, 31)


def test_what_was_said_of_a_person_goes_with_them_and_that_it_was_done_stays() -> None:
    stage = stage_of(AUDIT)
    other = acted("other", person_id=an_id("other"), reason="Other stole")
    stage.send(acted("one"), other, acted("none", person_id="", reason="a thing"))
    stage.send(PersonErased(user_id=EVE))
    assert sorted(one.reason for one in shown(stage)) == ["", "Other stole", "a thing"]
    assert stage.undeclared_loads == 0


def test_every_context_is_read_for_what_was_done_in_it() -> None:
    names = AUDIT.participant.wire_names()
    assert {"accounts", "orders", "payments", "products", "integrations"} <= set(names)
    assert "search" not in names
    assert all(StaffActed.wire_name in told for told in names.values())
    assert not any(
        StaffActed.wire_name in told for view in VIEWS[:-1] for told in view.participant.wire_names().values()
    )


def test_what_staff_do_is_heard_from_every_context_that_tells_anything(marketplace: Marketplace) -> None:
    assert sorted(TELLING) == sorted(label for label, one in marketplace.runtime.contexts.items() if one.outbox)
