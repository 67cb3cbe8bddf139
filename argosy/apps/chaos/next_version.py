"""The version after this one, made from this one's source: N+1 for an experiment with two versions.

It changes what a release may change: an event has another field with a default, an event has a successor that older
programs cannot read (with an upcast from what they wrote), and a migration adds a column that the older programs leave
out. `tests/chaos/test_next_version.py` sees that all of it still applies.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import argosy
from argosy.apps.chaos.cluster import NotInstalled

SOURCE = Path(argosy.__file__).parent.parent
PARTS = ("argosy", "config", "contracts")
CHANNEL = "next"
"""What N+1 writes where N writes nothing."""

_PAYMENTS = "argosy/domains/payments"
_MIGRATION = '''\
"""Expands: where a payment came from, which programs of the version before leave out."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("payments", "{before}")]

    operations = [
        migrations.AddField("PaymentIntentRow", "channel", models.CharField(max_length=20, null=True)),
        migrations.CreateModel("ChannelRow", [("name", models.CharField(max_length=20, primary_key=True))]),
    ]
'''


class Edit(NamedTuple):
    """In this file, that once, becomes this."""

    file: str
    found: str
    becomes: str


EDITS = (
    Edit(
        "argosy/contracts/payments.py",
        'class PaymentCaptured(Event, key="flow_id"):\n',
        'class PaymentCaptured(Event, key="flow_id", version=2):\n'
        "    channel: str\n\n"
        "    @classmethod\n"
        "    def upcast(cls, version: int, fields: dict[str, object]) -> dict[str, object]:\n"
        '        return {**fields, "channel": "unknown"}\n\n',
    ),
    Edit(
        "argosy/contracts/payments.py",
        'class PaymentAuthorized(Event, key="flow_id"):\n    flow_id: Id\n',
        'class PaymentAuthorized(Event, key="flow_id"):\n    flow_id: Id\n    channel: str = ""\n',
    ),
    Edit(
        f"{_PAYMENTS}/application/captures.py",
        "            PaymentCaptured(\n",
        f'            PaymentCaptured(\n                channel=intent.channel or "{CHANNEL}",\n',
    ),
    Edit(
        f"{_PAYMENTS}/application/authorizations.py",
        "            PaymentAuthorized(\n                flow_id=intent.flow_id,",
        f'            PaymentAuthorized(\n                channel="{CHANNEL}", flow_id=intent.flow_id,',
    ),
    Edit(
        f"{_PAYMENTS}/domain/payment.py",
        '    capture_reference: str = ""\n    waiting_refund_id',
        '    capture_reference: str = ""\n    channel: str | None = None\n    waiting_refund_id',
    ),
    Edit(
        f"{_PAYMENTS}/domain/payment.py",
        "            source=command.source,\n            created_at=",
        f'            channel="{CHANNEL}",\n            source=command.source,\n            created_at=',
    ),
    Edit(
        f"{_PAYMENTS}/adapters/outbound/models.py",
        "    capture_reference = models.CharField(max_length=255)\n",
        "    capture_reference = models.CharField(max_length=255)\n"
        "    channel = models.CharField(max_length=20, null=True)\n",
    ),
)


class DoesNotApply(Exception):
    """The source is not what an edit was written for; the text says which."""


def make(folder: Path, source: Path = SOURCE) -> Path:
    """N+1 in a folder; NotInstalled where this is no checkout with its source beside it."""
    missing = [part for part in PARTS if not (source / part).is_dir()]
    if missing:
        raise NotInstalled(f"there is no {' and no '.join(missing)} beside this program: it needs a checkout")
    for part in PARTS:
        shutil.copytree(source / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in EDITS:
        path = folder / edit.file
        text = path.read_text()
        if text.count(edit.found) != 1:
            raise DoesNotApply(f"{edit.file} has {edit.found!r} {text.count(edit.found)} times, not once")
        path.write_text(text.replace(edit.found, edit.becomes))
    migrations = folder / _PAYMENTS / "adapters/outbound/migrations"
    last = max(path.stem for path in migrations.glob("[0-9]*.py"))
    added = migrations / f"{int(last[:4]) + 1:04d}_channel.py"
    added.write_text(_MIGRATION.format(before=last))
    return folder
