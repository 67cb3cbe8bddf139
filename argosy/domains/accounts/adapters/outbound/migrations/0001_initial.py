import argosy.platform.fields
from argosy.platform.operations import LogOrder
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
                'db_table': 'accounts_due',
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
                'db_table': 'accounts_log_epochs',
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRow',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('wire_names', models.JSONField()),
            ],
            options={
                'db_table': 'accounts_subscriptions',
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
                'db_table': 'accounts_leases',
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
                'db_table': 'accounts_outbox_events',
            },
        ),
        migrations.CreateModel(
            name='UserRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('email', models.CharField(max_length=254)),
                ('password', models.CharField(db_column='password_hash', max_length=255)),
                ('status', models.CharField(default='ACTIVE', max_length=16)),
                ('seller_id', argosy.platform.fields.IdField(null=True)),
                ('created_at', argosy.platform.fields.InstantField()),
                ('updated_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'users',
                'constraints': [models.UniqueConstraint(fields=('email',), name='users_one_per_email'), models.CheckConstraint(condition=models.Q(('status__in', ('ACTIVE',))), name='users_status_known')],
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
                'db_table': 'accounts_cursors',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'lane'), name='accounts_one_cursor_per_lane')],
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
                'db_table': 'accounts_idempotency_keys',
                'constraints': [models.UniqueConstraint(fields=('actor', 'route', 'key'), name='accounts_one_answer_per_key')],
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
                'db_table': 'accounts_parked',
                'constraints': [models.UniqueConstraint(fields=('subscription', 'source', 'epoch', 'xid', 'position'), name='accounts_parked_once')],
            },
        ),
        migrations.CreateModel(
            name='ProfileRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('user_id', argosy.platform.fields.IdField()),
                ('first_name', models.CharField(max_length=100)),
                ('last_name', models.CharField(max_length=100)),
                ('phone', models.CharField(max_length=40)),
                ('address_json', models.JSONField()),
            ],
            options={
                'db_table': 'user_profiles',
                'constraints': [models.UniqueConstraint(fields=('user_id',), name='profiles_one_per_user')],
            },
        ),
        migrations.CreateModel(
            name='SessionRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('token_hash', models.CharField(max_length=64)),
                ('user_id', argosy.platform.fields.IdField(db_index=True)),
                ('scope', models.CharField(max_length=100)),
                ('created_at', argosy.platform.fields.InstantField()),
                ('expires_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'user_sessions',
                'constraints': [models.UniqueConstraint(fields=('token_hash',), name='sessions_one_per_token'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='sessions_end_after_they_begin')],
            },
        ),
        migrations.CreateModel(
            name='StoreRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('sequence', models.BigIntegerField(default=0)),
                ('user_id', argosy.platform.fields.IdField()),
                ('name', models.CharField(max_length=120)),
                ('country', models.CharField(max_length=2)),
                ('region', models.CharField(max_length=100)),
                ('city', models.CharField(max_length=100)),
                ('opened_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'seller_stores',
                'constraints': [models.UniqueConstraint(fields=('user_id',), name='stores_one_per_user')],
            },
        ),
        migrations.CreateModel(
            name='UserRoleRow',
            fields=[
                ('id', argosy.platform.fields.IdField(primary_key=True, serialize=False)),
                ('user_id', argosy.platform.fields.IdField()),
                ('role', models.CharField(max_length=16)),
                ('assigned_at', argosy.platform.fields.InstantField()),
            ],
            options={
                'db_table': 'user_roles',
                'constraints': [models.UniqueConstraint(fields=('user_id', 'role'), name='roles_granted_once'), models.CheckConstraint(condition=models.Q(('role__in', ('buyer', 'seller', 'staff'))), name='roles_known')],
            },
        ),
        LogOrder("accounts_outbox_events"),
    ]
