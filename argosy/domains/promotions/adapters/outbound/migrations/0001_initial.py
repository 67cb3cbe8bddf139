import argosy.platform.fields
import django.db.models.expressions
from argosy.platform.operations import LogOrder
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CouponRuleRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('coupon_id', argosy.platform.fields.IdField(db_index=True)),
                ('rule_type', models.CharField(max_length=40)),
                ('rule_json', models.JSONField()),
            ],
            options={
                'db_table': 'coupon_rules',
            },
        ),
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
                'db_table': 'coupons_due',
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
                'db_table': 'coupons_log_epochs',
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRow',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('wire_names', models.JSONField()),
            ],
            options={
                'db_table': 'coupons_subscriptions',
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
                'db_table': 'coupons_leases',
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
                'db_table': 'coupons_outbox_events',
            },
        ),
        migrations.CreateModel(
            name='BuyerUseRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('coupon_id', argosy.platform.fields.IdField()),
                ('user_id', argosy.platform.fields.IdField()),
                ('uses', models.BigIntegerField()),
            ],
            options={
                'db_table': 'coupon_buyer_uses',
                'constraints': [models.UniqueConstraint(fields=('coupon_id', 'user_id'), name='coupon_one_count_per_buyer'), models.CheckConstraint(condition=models.Q(('uses__gte', 0)), name='coupon_buyer_uses_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='CouponRedemptionRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('flow_id', argosy.platform.fields.IdField()),
                ('coupon_id', argosy.platform.fields.IdField(null=True)),
                ('user_id', argosy.platform.fields.IdField(null=True)),
                ('purchase_id', argosy.platform.fields.IdField(null=True)),
                ('order_id', argosy.platform.fields.IdField(null=True)),
                ('status', models.CharField(max_length=12)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('basis_points', models.IntegerField()),
                ('funded_by', models.CharField(blank=True, max_length=36)),
                ('has_buyer_limit', models.BooleanField()),
                ('discount_amount', models.BigIntegerField()),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('expires_at', argosy.platform.fields.InstantField()),
                ('redeemed_at', argosy.platform.fields.InstantField(null=True)),
            ],
            options={
                'db_table': 'coupon_redemptions',
                'indexes': [models.Index(condition=models.Q(('status', 'RESERVED')), fields=['expires_at'], name='redemptions_held_by_time')],
                'constraints': [models.UniqueConstraint(fields=('flow_id', 'coupon_id'), name='coupon_one_use_per_checkout'), models.CheckConstraint(condition=models.Q(('status__in', ('RESERVED', 'CONSUMED', 'RELEASED'))), name='redemption_status_is_known'), models.CheckConstraint(condition=models.Q(('discount_amount__gte', 0)), name='redemption_discount_not_negative'), models.CheckConstraint(condition=models.Q(('status', 'RELEASED'), models.Q(('coupon_id__isnull', False), ('user_id__isnull', False)), _connector='OR'), name='redemption_live_has_coupon_and_buyer'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'CONSUMED'), _negated=True), models.Q(('purchase_id__isnull', False), ('redeemed_at__isnull', False)), _connector='OR'), name='redemption_consumed_names_purchase')],
            },
        ),
        migrations.CreateModel(
            name='CouponRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('type', models.CharField(max_length=20)),
                ('discount', models.IntegerField()),
                ('max_uses', models.BigIntegerField()),
                ('max_uses_per_buyer', models.BigIntegerField()),
                ('funded_by', models.CharField(max_length=36)),
                ('status', models.CharField(max_length=12)),
                ('valid_from', argosy.platform.fields.InstantField()),
                ('valid_to', argosy.platform.fields.InstantField(null=True)),
                ('uses_reserved', models.BigIntegerField()),
                ('uses_consumed', models.BigIntegerField()),
                ('created_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'coupons',
                'constraints': [models.CheckConstraint(condition=models.Q(('discount__gte', 1), ('discount__lte', 10000)), name='coupon_is_a_percentage'), models.CheckConstraint(condition=models.Q(('uses_consumed__gte', 0), ('uses_reserved__gte', 0)), name='coupon_uses_not_negative'), models.CheckConstraint(condition=models.Q(('max_uses', 0), ('max_uses__gte', django.db.models.expressions.CombinedExpression(models.F('uses_reserved'), '+', models.F('uses_consumed'))), _connector='OR'), name='coupon_uses_within_limit'), models.CheckConstraint(condition=models.Q(('status__in', ['ACTIVE', 'DISABLED'])), name='coupon_status_is_known'), models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='coupon_period_not_empty')],
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
                'db_table': 'coupons_cursors',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'lane'), name='coupons_one_cursor_per_lane')],
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
                'db_table': 'coupons_idempotency_keys',
                'constraints': [models.UniqueConstraint(fields=('actor', 'route', 'key'), name='coupons_one_answer_per_key')],
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
                'db_table': 'coupons_parked',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'epoch', 'xid', 'position'), name='coupons_parked_once')],
            },
        ),
        LogOrder("coupons_outbox_events"),
    ]
