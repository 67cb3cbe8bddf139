"""Rows that change with every step of a checkout have room beside them; keys have one index."""

from django.db import migrations

from argosy.platform.room import NoIndexesForLike, RoomForChanges


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]

    operations = [
        RoomForChanges(
            "order_list_view",
            "order_list_view_b",
            "checkout_progress_view",
            "checkout_progress_view_b",
            "search_cursors",
        ),
        NoIndexesForLike(),
    ]
