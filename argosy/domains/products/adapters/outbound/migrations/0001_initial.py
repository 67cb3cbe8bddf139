import argosy.platform.fields
from argosy.platform.operations import LogOrder
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AttributeRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('product_id', argosy.platform.fields.IdField(db_index=True)),
                ('variant_id', argosy.platform.fields.IdField(null=True)),
                ('position', models.BigIntegerField()),
                ('name', models.CharField(max_length=100)),
                ('value', models.CharField(max_length=1000)),
                ('searchable', models.BooleanField()),
            ],
            options={
                'db_table': 'product_attributes',
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
                'db_table': 'products_due',
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
                'db_table': 'products_log_epochs',
            },
        ),
        migrations.CreateModel(
            name='ImageRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('product_id', argosy.platform.fields.IdField(db_index=True)),
                ('url', models.CharField(max_length=2000)),
                ('type', models.CharField(max_length=16)),
                ('position', models.BigIntegerField()),
            ],
            options={
                'db_table': 'product_images',
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRow',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('wire_names', models.JSONField()),
            ],
            options={
                'db_table': 'products_subscriptions',
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
                'db_table': 'products_leases',
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
                'db_table': 'products_outbox_events',
            },
        ),
        migrations.CreateModel(
            name='PublicationRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('product_id', argosy.platform.fields.IdField(db_index=True)),
                ('status', models.CharField(max_length=16)),
                ('published_at', argosy.platform.fields.InstantField()),
                ('unlisted_at', argosy.platform.fields.InstantField(null=True)),
            ],
            options={
                'db_table': 'product_publications',
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
                'db_table': 'products_cursors',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'lane'), name='products_one_cursor_per_lane')],
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
                'db_table': 'products_idempotency_keys',
                'constraints': [models.UniqueConstraint(fields=('actor', 'route', 'key'), name='products_one_answer_per_key')],
            },
        ),
        migrations.CreateModel(
            name='OfferRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('sku_key', argosy.platform.fields.IdField()),
                ('product_id', argosy.platform.fields.IdField()),
                ('seller_id', argosy.platform.fields.IdField()),
                ('sku', models.CharField(max_length=64)),
                ('title', models.CharField(max_length=500)),
                ('unit_amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('price_id', argosy.platform.fields.IdField(null=True)),
                ('stock_unit_id', argosy.platform.fields.IdField()),
                ('units_each', models.BigIntegerField()),
                ('weight_grams', models.BigIntegerField()),
                ('volume_mm3', models.BigIntegerField()),
                ('category', models.CharField(max_length=200)),
                ('tax_category', models.CharField(max_length=50)),
                ('is_on_sale', models.BooleanField()),
            ],
            options={
                'db_table': 'product_offers',
                'constraints': [models.UniqueConstraint(fields=('sku_key',), name='offers_one_per_seller_and_sku'), models.CheckConstraint(condition=models.Q(('is_on_sale', False), models.Q(('price_id__isnull', False), ('unit_amount__gt', 0)), _connector='OR'), name='offers_on_sale_have_a_price')],
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
                'db_table': 'products_parked',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'epoch', 'xid', 'position'), name='products_parked_once')],
            },
        ),
        migrations.CreateModel(
            name='PriceRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('product_id', argosy.platform.fields.IdField()),
                ('variant_id', argosy.platform.fields.IdField()),
                ('base_price', models.BigIntegerField()),
                ('discount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('effective_from', argosy.platform.fields.InstantField()),
                ('effective_to', argosy.platform.fields.InstantField(null=True)),
            ],
            options={
                'db_table': 'product_pricing',
                'indexes': [models.Index(fields=['variant_id', 'effective_from'], name='pricing_by_variant_and_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('base_price__gt', models.F('discount'))), name='pricing_leaves_a_price'), models.CheckConstraint(condition=models.Q(('effective_to__isnull', True), ('effective_to__gte', models.F('effective_from')), _connector='OR'), name='pricing_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='ProductRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('sku_key', argosy.platform.fields.IdField()),
                ('seller_id', argosy.platform.fields.IdField(db_index=True)),
                ('sku', models.CharField(max_length=64)),
                ('title', models.CharField(max_length=500)),
                ('description', models.TextField()),
                ('category', models.CharField(max_length=200)),
                ('category_id', argosy.platform.fields.IdField(null=True)),
                ('tax_category', models.CharField(max_length=50)),
                ('status', models.CharField(max_length=16)),
                ('created_at', argosy.platform.fields.InstantField()),
                ('updated_at', argosy.platform.fields.InstantField()),
                ('published_at', argosy.platform.fields.InstantField(null=True)),
            ],
            options={
                'db_table': 'products',
                'constraints': [models.UniqueConstraint(fields=('sku_key',), name='products_one_per_seller_and_sku'), models.CheckConstraint(condition=models.Q(('status__in', ('DRAFT', 'PUBLISHED', 'ARCHIVED'))), name='products_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'PUBLISHED'), _negated=True), models.Q(models.Q(('title', ''), _negated=True), models.Q(('category', ''), _negated=True), ('published_at__isnull', False)), _connector='OR'), name='products_on_sale_are_whole')],
            },
        ),
        migrations.CreateModel(
            name='VariantRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('product_id', argosy.platform.fields.IdField(db_index=True)),
                ('position', models.BigIntegerField()),
                ('sku', models.CharField(max_length=64)),
                ('attributes_json', models.JSONField()),
                ('price', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('stock_unit_id', argosy.platform.fields.IdField()),
                ('units_each', models.BigIntegerField()),
                ('weight_grams', models.BigIntegerField()),
                ('length_mm', models.BigIntegerField()),
                ('width_mm', models.BigIntegerField()),
                ('height_mm', models.BigIntegerField()),
            ],
            options={
                'db_table': 'product_variants',
                'constraints': [models.UniqueConstraint(fields=('product_id', 'sku'), name='variants_one_per_product_and_sku'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='variants_price_not_negative'), models.CheckConstraint(condition=models.Q(('units_each__gte', 1)), name='variants_draw_a_piece_or_more')],
            },
        ),
        LogOrder("products_outbox_events"),
    ]
