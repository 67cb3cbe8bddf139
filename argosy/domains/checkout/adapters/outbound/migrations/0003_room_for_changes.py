"""Rows that change with every step of a checkout have room beside them; keys have one index."""

from django.db import migrations

from argosy.platform.room import NoIndexesForLike, RoomForChanges


class Migration(migrations.Migration):
    dependencies = [("checkout", "0002_log_segments")]

    operations = [
        RoomForChanges("checkout_sessions", "checkout_details", "checkout_cursors"),
        NoIndexesForLike(),
    ]
