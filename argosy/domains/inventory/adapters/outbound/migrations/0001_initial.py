import argosy.platform.fields
import django.db.models.expressions
from argosy.platform.operations import AppendOnly, LogOrder
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='DueRow',
            fields=[
                ('id', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('name', models.CharField(max_length=100)),
                ('key', models.CharField(max_length=100)),
                ('due_at', argosy.platform.fields.InstantField(db_index=True)),
                ('payload', models.TextField()),
                ('correlation_id', models.CharField(max_length=100)),
                ('cause_id', models.CharField(max_length=200)),
                ('version', models.SmallIntegerField(default=1)),
                ('attempts', models.IntegerField(default=0)),
                ('lease_until', argosy.platform.fields.InstantField(null=True)),
                ('token', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'inventory_due',
            },
        ),
        migrations.CreateModel(
            name='EpochRow',
            fields=[
                ('epoch', models.IntegerField(primary_key=True, serialize=False)),
                ('first_id', models.BigIntegerField()),
                ('system', models.CharField(max_length=100)),
            ],
            options={
                'db_table': 'inventory_log_epochs',
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRow',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('wire_names', models.JSONField()),
            ],
            options={
                'db_table': 'inventory_subscriptions',
            },
        ),
        migrations.CreateModel(
            name='LeaseRow',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('holder', models.CharField(max_length=100)),
                ('token', models.BigIntegerField()),
                ('expires_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'inventory_leases',
            },
        ),
        migrations.CreateModel(
            name='OutboxRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('xid', argosy.platform.fields.XidField(editable=False)),
                ('epoch', models.IntegerField(default=1)),
                ('message_id', argosy.platform.fields.IdField()),
                ('aggregate_id', models.CharField(max_length=100)),
                ('event_type', models.CharField(max_length=100)),
                ('schema_version', models.SmallIntegerField(default=1)),
                ('lane', models.SmallIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('payload', models.JSONField()),
                ('correlation_id', models.CharField(max_length=100)),
                ('cause_id', models.CharField(max_length=200)),
                ('subject', models.CharField(default='', max_length=36)),
                ('created_at', argosy.platform.fields.InstantField()),
                ('published_at', argosy.platform.fields.InstantField(null=True)),
            ],
            options={
                'db_table': 'inventory_outbox_events',
            },
        ),
        migrations.CreateModel(
            name='CursorRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subscription', models.CharField(max_length=100)),
                ('source', models.CharField(max_length=50)),
                ('lane', models.SmallIntegerField()),
                ('epoch', models.IntegerField()),
                ('xid', models.BigIntegerField()),
                ('position', models.BigIntegerField()),
                ('high_epoch', models.IntegerField()),
                ('high_xid', models.BigIntegerField()),
                ('high_position', models.BigIntegerField()),
            ],
            options={
                'db_table': 'inventory_cursors',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'lane'), name='inventory_one_cursor_per_lane')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKeyRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('actor', models.CharField(max_length=64)),
                ('route', models.CharField(max_length=200)),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.SmallIntegerField()),
                ('answer', models.TextField()),
                ('created_at', argosy.platform.fields.InstantField(db_index=True)),
            ],
            options={
                'db_table': 'inventory_idempotency_keys',
                'constraints': [models.UniqueConstraint(fields=('actor', 'route', 'key'), name='inventory_one_answer_per_key')],
            },
        ),
        migrations.CreateModel(
            name='ParkedRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subscription', models.CharField(max_length=100)),
                ('source', models.CharField(max_length=50)),
                ('epoch', models.IntegerField()),
                ('xid', models.BigIntegerField()),
                ('position', models.BigIntegerField()),
                ('key', models.CharField(max_length=100)),
                ('record', models.TextField()),
                ('tries', models.IntegerField()),
                ('next_try', argosy.platform.fields.InstantField()),
                ('error', models.TextField()),
            ],
            options={
                'db_table': 'inventory_parked',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'epoch', 'xid', 'position'), name='inventory_parked_once')],
            },
        ),
        migrations.CreateModel(
            name='ReservationRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('flow_id', argosy.platform.fields.IdField()),
                ('status', models.CharField(max_length=12)),
                ('open_until', argosy.platform.fields.InstantField(null=True)),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'reservations',
                'indexes': [models.Index(condition=models.Q(('open_until__isnull', False)), fields=['open_until'], name='reservations_open_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['ACTIVE', 'COMMITTED', 'RELEASED', 'EXPIRED', 'RESTOCKED'])), name='reservation_status_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('open_until__isnull', False), ('status', 'ACTIVE')), models.Q(models.Q(('status', 'ACTIVE'), _negated=True), ('open_until__isnull', True)), _connector='OR'), name='reservation_open_while_active')],
            },
        ),
        migrations.CreateModel(
            name='StockItemRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('stock_unit_id', argosy.platform.fields.IdField(db_index=True)),
                ('warehouse', models.CharField(max_length=32)),
                ('product_id', argosy.platform.fields.IdField(null=True)),
                ('variant_id', argosy.platform.fields.IdField(null=True)),
                ('seller_id', argosy.platform.fields.IdField(null=True)),
                ('total_quantity', models.BigIntegerField()),
                ('reserved', models.BigIntegerField()),
                ('allocated', models.BigIntegerField()),
                ('available_quantity', models.BigIntegerField()),
                ('updated_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'stock_items',
                'constraints': [models.CheckConstraint(condition=models.Q(('total_quantity__gte', 0)), name='stock_on_hand_not_negative'), models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='stock_reserved_not_negative'), models.CheckConstraint(condition=models.Q(('allocated__gte', 0)), name='stock_allocated_not_negative'), models.CheckConstraint(condition=models.Q(('total_quantity__gte', django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('allocated')))), name='stock_promises_are_covered'), models.CheckConstraint(condition=models.Q(('available_quantity', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('total_quantity'), '-', models.F('reserved')), '-', models.F('allocated')))), name='stock_available_is_what_is_left')],
            },
        ),
        migrations.CreateModel(
            name='StockMovementRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('stock_item_id', argosy.platform.fields.IdField()),
                ('change', models.BigIntegerField()),
                ('reason', models.CharField(max_length=100)),
                ('reference_id', models.CharField(max_length=100)),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'stock_movements',
                'constraints': [models.UniqueConstraint(fields=('stock_item_id', 'reference_id', 'reason'), name='stock_moved_once'), models.CheckConstraint(condition=models.Q(('change', 0), _negated=True), name='stock_movement_moves')],
            },
        ),
        migrations.CreateModel(
            name='StockReservationRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('reservation_id', argosy.platform.fields.IdField(db_index=True)),
                ('stock_item_id', argosy.platform.fields.IdField()),
                ('order_id', argosy.platform.fields.IdField()),
                ('quantity', models.BigIntegerField()),
                ('status', models.CharField(max_length=12)),
                ('expires_at', argosy.platform.fields.InstantField()),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'stock_reservations',
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='stock_reservation_holds_pieces'), models.CheckConstraint(condition=models.Q(('status__in', ['ACTIVE', 'COMMITTED', 'RELEASED', 'EXPIRED', 'RESTOCKED'])), name='stock_reservation_status_is_known')],
            },
        ),
        LogOrder("inventory_outbox_events"),
        AppendOnly("stock_movements"),
    ]
