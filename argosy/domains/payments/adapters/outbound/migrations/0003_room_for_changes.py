"""Rows that change with every step of a checkout have room beside them; keys have one index."""

from django.db import migrations

from argosy.platform.room import NoIndexesForLike, RoomForChanges


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_log_segments")]

    operations = [
        RoomForChanges("payments_due", "payments_cursors"),
        NoIndexesForLike(),
    ]
