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
                'db_table': 'payments_due',
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
                'db_table': 'payments_log_epochs',
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRow',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('wire_names', models.JSONField()),
            ],
            options={
                'db_table': 'payments_subscriptions',
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
                'db_table': 'payments_leases',
            },
        ),
        migrations.CreateModel(
            name='LedgerHeadRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('position', models.BigIntegerField()),
                ('last_hash', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'ledger_heads',
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
                'db_table': 'payments_outbox_events',
            },
        ),
        migrations.CreateModel(
            name='PaymentTransactionRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('payment_intent_id', argosy.platform.fields.IdField(db_index=True)),
                ('gateway_transaction_id', models.CharField(max_length=255)),
                ('type', models.CharField(max_length=10)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('status', models.CharField(max_length=10)),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'payment_transactions',
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
                'db_table': 'payments_cursors',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'lane'), name='payments_one_cursor_per_lane')],
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
                'db_table': 'payments_idempotency_keys',
                'constraints': [models.UniqueConstraint(fields=('actor', 'route', 'key'), name='payments_one_answer_per_key')],
            },
        ),
        migrations.CreateModel(
            name='LedgerAccountRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('name', models.CharField(max_length=100)),
                ('currency', models.CharField(max_length=3)),
                ('normal_side', models.CharField(max_length=6)),
                ('may_be_negative', models.BooleanField()),
                ('balance', models.BigIntegerField()),
            ],
            options={
                'db_table': 'ledger_accounts',
                'constraints': [models.CheckConstraint(condition=models.Q(('may_be_negative', True), ('balance__gte', 0), _connector='OR'), name='balance_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='LedgerRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('ledger_id', argosy.platform.fields.IdField()),
                ('position', models.BigIntegerField(unique=True)),
                ('transaction_id', argosy.platform.fields.IdField()),
                ('kind', models.CharField(max_length=20)),
                ('account', models.CharField(max_length=100)),
                ('debit', models.BigIntegerField()),
                ('credit', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reference_id', argosy.platform.fields.IdField()),
                ('created_at', argosy.platform.fields.InstantField()),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'ledgers',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('credit', 0), ('debit__gt', 0)), models.Q(('credit__gt', 0), ('debit', 0)), _connector='OR'), name='entry_has_one_positive_side')],
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
                'db_table': 'payments_parked',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'epoch', 'xid', 'position'), name='payments_parked_once')],
            },
        ),
        migrations.CreateModel(
            name='PaymentIntentRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('flow_id', argosy.platform.fields.IdField()),
                ('purchase_id', argosy.platform.fields.IdField(null=True)),
                ('order_id', argosy.platform.fields.IdField(null=True)),
                ('buyer_id', argosy.platform.fields.IdField(null=True)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('gateway', models.CharField(max_length=50)),
                ('source', models.CharField(max_length=200)),
                ('idempotency_key', models.CharField(max_length=100)),
                ('status', models.CharField(max_length=20)),
                ('captured_amount', models.BigIntegerField()),
                ('refunded_amount', models.BigIntegerField()),
                ('refunding_amount', models.BigIntegerField()),
                ('suspended_amount', models.BigIntegerField()),
                ('suspended_currency', models.CharField(max_length=3)),
                ('deadline', argosy.platform.fields.InstantField(null=True)),
                ('failure', models.CharField(max_length=100)),
                ('pending', models.CharField(max_length=10)),
                ('calls', models.IntegerField()),
                ('tries', models.IntegerField()),
                ('unwanted', models.CharField(max_length=10)),
                ('action_url', models.CharField(max_length=2000)),
                ('authorization_reference', models.CharField(max_length=255)),
                ('capture_reference', models.CharField(max_length=255)),
                ('waiting_refund_id', argosy.platform.fields.IdField(null=True)),
                ('shares', models.JSONField()),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'payment_intents',
                'indexes': [models.Index(condition=models.Q(('status__in', ['UNKNOWN'])), fields=['created_at'], name='payment_intents_undecided')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['AUTHORIZED', 'CAPTURED', 'CREATED', 'FAILED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'UNKNOWN', 'VOIDED'])), name='payment_status_known'), models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('captured_amount__gte', 0), ('refunded_amount__gte', 0), ('refunding_amount__gte', 0), ('suspended_amount__gte', 0)), name='payment_amounts_not_negative'), models.CheckConstraint(condition=models.Q(('captured_amount__lte', models.F('amount'))), name='captured_within_authorized'), models.CheckConstraint(condition=models.Q(('captured_amount__gte', django.db.models.expressions.CombinedExpression(models.F('refunded_amount'), '+', models.F('refunding_amount')))), name='refunded_within_captured')],
            },
        ),
        migrations.CreateModel(
            name='RefundRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('payment_intent_id', argosy.platform.fields.IdField(db_index=True)),
                ('flow_id', argosy.platform.fields.IdField()),
                ('refund_reference', argosy.platform.fields.IdField(unique=True)),
                ('asked_amount', models.BigIntegerField()),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('status', models.CharField(max_length=20)),
                ('reason', models.CharField(max_length=500)),
                ('gateway_transaction_id', models.CharField(max_length=255)),
                ('calls', models.IntegerField()),
                ('parts', models.JSONField()),
                ('postings', models.JSONField()),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'refunds',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['FAILED', 'REQUESTED', 'SUCCEEDED', 'UNKNOWN', 'WAITING'])), name='refund_status_known'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='refund_amount_not_negative')],
            },
        ),
        LogOrder("payments_outbox_events"),
        AppendOnly("ledgers"),
        AppendOnly("payment_transactions"),
    ]
