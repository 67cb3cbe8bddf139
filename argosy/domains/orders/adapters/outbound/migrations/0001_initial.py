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
                'db_table': 'orders_due',
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
                'db_table': 'orders_log_epochs',
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRow',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('wire_names', models.JSONField()),
            ],
            options={
                'db_table': 'orders_subscriptions',
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
                'db_table': 'orders_leases',
            },
        ),
        migrations.CreateModel(
            name='OrderShipmentRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('order_id', argosy.platform.fields.IdField(db_index=True)),
                ('shipment_id', argosy.platform.fields.IdField()),
                ('carrier', models.CharField(max_length=100)),
                ('tracking_number', models.CharField(max_length=100)),
                ('status', models.CharField(max_length=20)),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'order_shipments',
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
                'db_table': 'orders_outbox_events',
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
                'db_table': 'orders_cursors',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'lane'), name='orders_one_cursor_per_lane')],
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
                'db_table': 'orders_idempotency_keys',
                'constraints': [models.UniqueConstraint(fields=('actor', 'route', 'key'), name='orders_one_answer_per_key')],
            },
        ),
        migrations.CreateModel(
            name='OrderItemRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('order_id', argosy.platform.fields.IdField(db_index=True)),
                ('seller_id', argosy.platform.fields.IdField()),
                ('line_no', models.IntegerField()),
                ('product_id', argosy.platform.fields.IdField()),
                ('variant_id', argosy.platform.fields.IdField()),
                ('stock_unit_id', argosy.platform.fields.IdField()),
                ('units_each', models.BigIntegerField()),
                ('quantity', models.BigIntegerField()),
                ('price_snapshot', models.BigIntegerField()),
                ('discount_amount', models.BigIntegerField()),
                ('tax_amount', models.BigIntegerField()),
                ('tax_on_top', models.BigIntegerField()),
                ('total_amount', models.BigIntegerField()),
                ('shipping_amount', models.BigIntegerField()),
                ('shipping_tax_amount', models.BigIntegerField()),
                ('shipping_tax_on_top', models.BigIntegerField()),
                ('product_snapshot_json', models.JSONField()),
                ('shipped_quantity', models.BigIntegerField(default=0)),
                ('received_quantity', models.BigIntegerField(default=0)),
                ('cancelled_quantity', models.BigIntegerField(default=0)),
                ('refunded_quantity', models.BigIntegerField(default=0)),
                ('refunded_amount', models.BigIntegerField(default=0)),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'order_items',
                'constraints': [models.CheckConstraint(condition=models.Q(('total_amount', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('quantity'), '*', models.F('price_snapshot')), '-', models.F('discount_amount')), '+', models.F('tax_on_top')))), name='order_item_adds_up'), models.CheckConstraint(condition=models.Q(('discount_amount__gte', 0), ('price_snapshot__gte', 0), ('quantity__gt', 0), ('shipping_amount__gte', 0), ('shipping_tax_on_top__gte', 0), ('tax_on_top__gte', 0), ('units_each__gt', 0)), name='order_item_not_negative'), models.CheckConstraint(condition=models.Q(('discount_amount__lte', django.db.models.expressions.CombinedExpression(models.F('quantity'), '*', models.F('price_snapshot'))), ('shipping_tax_on_top__lte', models.F('shipping_tax_amount')), ('tax_on_top__lte', models.F('tax_amount'))), name='order_item_parts_within_whole'), models.CheckConstraint(condition=models.Q(('cancelled_quantity__gte', 0), ('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('shipped_quantity'), '+', models.F('cancelled_quantity'))), ('received_quantity__gte', 0), ('received_quantity__lte', models.F('shipped_quantity')), ('refunded_amount__gte', 0), ('refunded_amount__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('total_amount'), '+', models.F('shipping_amount')), '+', models.F('shipping_tax_on_top'))), ('refunded_quantity__gte', 0), ('refunded_quantity__lte', models.F('quantity')), ('shipped_quantity__gte', 0)), name='order_item_facts_within_sale')],
            },
        ),
        migrations.CreateModel(
            name='OrderPaymentRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('order_id', argosy.platform.fields.IdField(db_index=True)),
                ('payment_id', argosy.platform.fields.IdField()),
                ('amount', models.BigIntegerField()),
                ('status', models.CharField(max_length=12)),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'order_payments',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='order_payment_not_negative'), models.CheckConstraint(condition=models.Q(('status__in', ['CAPTURED', 'REFUNDED'])), name='order_payment_status_is_known')],
            },
        ),
        migrations.CreateModel(
            name='OrderRefundRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('order_id', argosy.platform.fields.IdField(db_index=True)),
                ('refund_id', argosy.platform.fields.IdField()),
                ('amount', models.BigIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('status', models.CharField(max_length=20)),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'order_refunds',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='order_refund_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='OrderRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('purchase_id', argosy.platform.fields.IdField(db_index=True)),
                ('buyer_id', argosy.platform.fields.IdField()),
                ('seller_id', argosy.platform.fields.IdField()),
                ('order_number', models.CharField(max_length=14, unique=True)),
                ('status', models.CharField(max_length=12)),
                ('order_type', models.CharField(max_length=20)),
                ('currency', models.CharField(max_length=3)),
                ('total_amount', models.BigIntegerField()),
                ('payment_id', argosy.platform.fields.IdField(null=True)),
                ('address_json', models.JSONField()),
                ('created_at', argosy.platform.fields.InstantField()),
                ('updated_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'orders',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('CREATED', 'CONFIRMED', 'PAID', 'SHIPPED', 'DELIVERED', 'CLOSED', 'CANCELLED', 'REFUNDED'))), name='order_status_is_known'), models.CheckConstraint(condition=models.Q(('order_type__in', ('PREPAID', 'CASH_ON_DELIVERY'))), name='order_type_is_known'), models.CheckConstraint(condition=models.Q(('total_amount__gte', 0)), name='order_total_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='OrderStatusHistoryRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('order_id', argosy.platform.fields.IdField(db_index=True)),
                ('from_status', models.CharField(blank=True, max_length=12)),
                ('to_status', models.CharField(max_length=12)),
                ('reason', models.CharField(max_length=200)),
                ('changed_by', models.CharField(max_length=64)),
                ('changed_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'order_status_history',
                'constraints': [models.CheckConstraint(condition=models.Q(('from_status__in', ['', 'CREATED', 'CONFIRMED', 'PAID', 'SHIPPED', 'DELIVERED', 'CLOSED', 'CANCELLED', 'REFUNDED']), ('to_status__in', ('CREATED', 'CONFIRMED', 'PAID', 'SHIPPED', 'DELIVERED', 'CLOSED', 'CANCELLED', 'REFUNDED'))), name='order_history_statuses_are_known')],
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
                'db_table': 'orders_parked',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'epoch', 'xid', 'position'), name='orders_parked_once')],
            },
        ),
        migrations.CreateModel(
            name='PurchaseRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('flow_id', argosy.platform.fields.IdField(unique=True)),
                ('request_key', argosy.platform.fields.IdField(null=True, unique=True)),
                ('buyer_id', argosy.platform.fields.IdField(null=True)),
                ('client_request_id', models.CharField(max_length=200)),
                ('status', models.CharField(max_length=12)),
                ('currency', models.CharField(max_length=3)),
                ('total_amount', models.BigIntegerField()),
                ('payment_method', models.CharField(max_length=200)),
                ('snapshot_hash', models.CharField(max_length=200)),
                ('order_count', models.IntegerField()),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'purchases',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['PLACED', 'CANCELLED'])), name='purchase_status_is_known'), models.CheckConstraint(condition=models.Q(('total_amount__gte', 0)), name='purchase_total_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('buyer_id__isnull', False), ('order_count__gt', 0), ('request_key__isnull', False)), models.Q(('order_count', 0), ('status', 'CANCELLED')), _connector='OR'), name='purchase_placed_has_buyer_and_orders')],
            },
        ),
        LogOrder("orders_outbox_events"),
        AppendOnly("order_status_history"),
    ]
