"""Rows that change with every step of a checkout have room beside them; keys have one index."""

from django.db import migrations

from argosy.platform.room import NoIndexesForLike, RoomForChanges


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_log_segments")]

    operations = [
        RoomForChanges("stock_items", "stock_reservations", "inventory_cursors"),
        NoIndexesForLike(),
    ]
