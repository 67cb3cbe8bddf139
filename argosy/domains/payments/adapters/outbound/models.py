"""Tables of payments. Constraints restate the laws; ledgers and payment_transactions are only ever added to."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.domains.payments.domain.credit import MOVEMENT_KINDS
from argosy.domains.payments.domain.gift_card import CARD_MOVES, OPEN
from argosy.domains.payments.domain.payment import APPROVED, CAPTURE, MOVES, REFUND, RETURN
from argosy.domains.payments.domain.refund import REFUND_MOVES
from argosy.domains.payments.domain.webhook import WEBHOOK_STATUSES
from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class PaymentIntentRow(AggregateRow):
    flow_id = IdField()
    purchase_id = IdField(null=True)
    order_id = IdField(null=True)
    buyer_id = IdField(null=True)
    amount = models.BigIntegerField()
    credit_amount = models.BigIntegerField(db_default=0)
    credit_status = models.CharField(max_length=10, db_default="")
    currency = models.CharField(max_length=3)
    gateway = models.CharField(max_length=50)
    source = models.CharField(max_length=200)
    idempotency_key = models.CharField(max_length=100)
    status = models.CharField(max_length=20)
    captured_amount = models.BigIntegerField()
    refunded_amount = models.BigIntegerField()
    refunding_amount = models.BigIntegerField()
    returned_amount = models.BigIntegerField(db_default=0)
    fee_amount = models.BigIntegerField(db_default=0)
    suspended_amount = models.BigIntegerField()
    suspended_currency = models.CharField(max_length=3)
    deadline = InstantField(null=True)
    failure = models.CharField(max_length=100)
    pending = models.CharField(max_length=10)
    calls = models.IntegerField()
    tries = models.IntegerField()
    unwanted = models.CharField(max_length=10)
    action_url = models.CharField(max_length=2000)
    authorization_reference = models.CharField(max_length=255)
    capture_reference = models.CharField(max_length=255)
    waiting_refund_id = IdField(null=True)
    is_renewed = models.BooleanField(db_default=False)
    is_recovered = models.BooleanField(db_default=False)
    replaced_by = IdField(null=True)
    shares = models.JSONField()
    captures = models.JSONField(default=list, db_default=[])
    strays = models.JSONField(default=list, db_default=[])
    created_at = InstantField()

    class Meta:
        db_table = "payment_intents"
        indexes = [
            # What is being looked up: few at any time, so that the index stays small.
            models.Index(fields=["created_at"], name="payment_intents_undecided", condition=Q(status__in=["UNKNOWN"])),
            # Attempts that another followed: few as well.
            models.Index(
                fields=["replaced_by"], name="payment_intents_replaced", condition=Q(replaced_by__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(name="payment_status_known", condition=Q(status__in=sorted(MOVES))),
            models.CheckConstraint(
                name="payment_amounts_not_negative",
                condition=Q(
                    amount__gte=0,
                    captured_amount__gte=0,
                    refunded_amount__gte=0,
                    refunding_amount__gte=0,
                    suspended_amount__gte=0,
                ),
            ),
            models.CheckConstraint(name="captured_within_authorized", condition=Q(captured_amount__lte=F("amount"))),
            models.CheckConstraint(
                name="refunded_within_captured",
                condition=Q(captured_amount__gte=F("refunded_amount") + F("refunding_amount")),
            ),
        ]


class PaymentTransactionRow(models.Model):
    id = IdField(primary_key=True)
    payment_intent_id = IdField(db_index=True)
    gateway_transaction_id = models.CharField(max_length=255)
    type = models.CharField(max_length=10)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10)
    created_at = InstantField()

    class Meta:
        db_table = "payment_transactions"
        indexes = [
            # By time, for laying them beside what gateways list by time: money alone.
            models.Index(
                fields=["created_at", "id"],
                name="payment_transactions_money",
                condition=Q(status=APPROVED, type__in=(CAPTURE, REFUND, RETURN)),
            ),
        ]


class RefundRow(AggregateRow):
    payment_intent_id = IdField(db_index=True)
    flow_id = IdField()
    refund_reference = IdField(unique=True)
    order_id = IdField(null=True)
    asked_amount = models.BigIntegerField()
    amount = models.BigIntegerField()
    credit_amount = models.BigIntegerField(db_default=0)
    to_credit = models.BooleanField(db_default=False)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    gateway_transaction_id = models.CharField(max_length=255)
    calls = models.IntegerField()
    parts = models.JSONField()
    postings = models.JSONField()
    created_at = InstantField()

    class Meta:
        db_table = "refunds"
        constraints = [
            models.CheckConstraint(name="refund_status_known", condition=Q(status__in=sorted(REFUND_MOVES))),
            models.CheckConstraint(name="refund_amount_not_negative", condition=Q(amount__gte=0)),
        ]


class LedgerHeadRow(AggregateRow):
    """Where the chain ends: one row."""

    position = models.BigIntegerField()
    last_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_heads"


class LedgerRow(models.Model):
    """One entry. `position` is unique: the chain cannot fork."""

    id = IdField(primary_key=True)
    ledger_id = IdField()
    position = models.BigIntegerField(unique=True)
    transaction_id = IdField()
    kind = models.CharField(max_length=20)
    account = models.CharField(max_length=100)
    debit = models.BigIntegerField()
    credit = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference_id = IdField()
    created_at = InstantField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "ledgers"
        indexes = [models.Index(fields=["reference_id"], name="ledgers_of_payment")]
        constraints = [
            models.CheckConstraint(
                name="entry_has_one_positive_side", condition=(Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0))
            ),
        ]


class LedgerAccountRow(AggregateRow):
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    normal_side = models.CharField(max_length=6)
    may_be_negative = models.BooleanField()
    balance = models.BigIntegerField()

    class Meta:
        db_table = "ledger_accounts"
        constraints = [
            models.CheckConstraint(name="balance_not_negative", condition=Q(may_be_negative=True) | Q(balance__gte=0)),
        ]


class GatewayDifferenceRow(AggregateRow):
    """What one of the two books has and the other has not, or tells differently: an alarm that was raised, for a
    person, and who bears it once that was settled."""

    payment_id = IdField()
    side = models.CharField(max_length=10)
    operation = models.CharField(max_length=10)
    gateway_transaction_id = models.CharField(max_length=255)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    found_at = InstantField()
    closed_at = InstantField(null=True)
    expected_amount = models.BigIntegerField(db_default=0)
    expected_currency = models.CharField(max_length=3, db_default="XXX")
    borne_by = models.CharField(max_length=10, db_default="")
    reason = models.CharField(max_length=200, db_default="")
    settled_by = models.CharField(max_length=64, db_default="")
    settled_order_id = IdField(null=True)
    refund_id = IdField(null=True)

    class Meta:
        db_table = "gateway_differences"
        indexes = [
            # What nobody has put right yet: few at any time.
            models.Index(
                fields=["found_at", "id"], name="gateway_differences_open", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["payment_id"], name="differences_of_payment"),
        ]


class StatementRoundRow(AggregateRow):
    """How far the comparison with a gateway's book has come: one row for each gateway."""

    gateway = models.CharField(max_length=50)
    after = models.CharField(max_length=200)
    ended_at = InstantField(null=True)
    begun_at = InstantField(null=True)
    read_until = InstantField(null=True)
    window_until = InstantField(null=True)
    judged_until = InstantField(null=True)
    judged = models.CharField(max_length=36, db_default="")

    class Meta:
        db_table = "statement_rounds"


class StatementLineRow(models.Model):
    """What gateways' own statements list, as it was read; only ever added to."""

    id = IdField(primary_key=True)
    round_id = IdField()
    payment_id = IdField(db_index=True)
    operation = models.CharField(max_length=10)
    key = models.CharField(max_length=200)
    gateway_transaction_id = models.CharField(max_length=255)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_amount = models.BigIntegerField()
    fee_currency = models.CharField(max_length=3)
    done_at = InstantField()

    class Meta:
        db_table = "statement_lines"


class CommissionRuleRow(AggregateRow):
    """What the platform takes of goods from a time on. Rules are added and never changed."""

    seller_id = IdField(null=True)
    category = models.CharField(max_length=100)
    basis_points = models.IntegerField()
    effective_from = InstantField()
    set_by = models.CharField(max_length=64)
    set_at = InstantField()

    class Meta:
        db_table = "commission_rules"
        constraints = [
            models.CheckConstraint(
                name="commission_within_goods", condition=Q(basis_points__gte=0, basis_points__lte=10_000)
            ),
        ]


class WebhookRow(AggregateRow):
    """One event of one gateway, as it came; its id names both, so that it is kept once."""

    gateway = models.CharField(max_length=50)
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    operation = models.CharField(max_length=10)
    payment_id = IdField(null=True)
    refund_id = IdField(null=True)
    reference = models.CharField(max_length=255)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    raw = models.TextField()
    status = models.CharField(max_length=10)
    outcome = models.CharField(max_length=20)
    told_at = InstantField()
    received_at = InstantField()
    resolved_at = InstantField(null=True)
    settled_by = models.CharField(max_length=64, db_default="")
    reason = models.CharField(max_length=200, db_default="")

    class Meta:
        db_table = "payment_webhooks"
        indexes = [
            models.Index(fields=["received_at"], name="payment_webhooks_open", condition=Q(status="RECEIVED")),
            # What is for a person: few at any time.
            models.Index(
                fields=["received_at", "id"], name="payment_webhooks_suspended", condition=Q(status="SUSPENDED")
            ),
            models.Index(fields=["payment_id"], name="payment_webhooks_of_payment"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_is_kept_once"),
            models.CheckConstraint(name="webhook_status_known", condition=Q(status__in=WEBHOOK_STATUSES)),
        ]


class CreditRow(AggregateRow):
    """One buyer's store credit in one currency; the ledger has an account for each of its two amounts."""

    buyer_id = IdField(db_index=True)
    currency = models.CharField(max_length=3)
    balance = models.BigIntegerField()
    held = models.BigIntegerField()
    is_forfeited = models.BooleanField(db_default=False)

    class Meta:
        db_table = "store_credits"
        constraints = [
            models.UniqueConstraint(fields=["buyer_id", "currency"], name="one_credit_per_buyer_and_currency"),
            models.CheckConstraint(name="credit_not_negative", condition=Q(balance__gte=0, held__gte=0)),
        ]


class CreditMovementRow(models.Model):
    """Only ever added to."""

    id = IdField(primary_key=True)
    credit_id = IdField()
    kind = models.CharField(max_length=10)
    amount = models.BigIntegerField()
    balance = models.BigIntegerField()
    reference_id = IdField()
    reason = models.CharField(max_length=200)
    made_by = models.CharField(max_length=64)
    created_at = InstantField()

    class Meta:
        db_table = "store_credit_movements"
        indexes = [models.Index(fields=["credit_id", "id"], name="credit_movements_of_credit")]
        constraints = [
            models.CheckConstraint(name="credit_movement_known", condition=Q(kind__in=MOVEMENT_KINDS)),
            models.CheckConstraint(name="credit_never_overdrawn", condition=Q(balance__gte=0)),
        ]


class GiftCardRow(AggregateRow):
    """Of its code only a fingerprint and the end are kept."""

    batch_id = IdField(db_index=True)
    code_hash = models.CharField(max_length=64, unique=True)
    code_end = models.CharField(max_length=4)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10)
    reason = models.CharField(max_length=200)
    issued_by = models.CharField(max_length=64)
    issued_at = InstantField()
    expires_at = InstantField(null=True)
    redeemed_by = IdField(null=True)
    ended_at = InstantField(null=True)

    class Meta:
        db_table = "gift_cards"
        indexes = [
            models.Index(fields=["expires_at"], name="gift_cards_to_expire", condition=Q(status=OPEN)),
        ]
        constraints = [
            models.CheckConstraint(name="gift_card_status_known", condition=Q(status__in=sorted(CARD_MOVES))),
            models.CheckConstraint(name="gift_card_is_worth_something", condition=Q(amount__gt=0)),
        ]


tables = platform_tables(__name__, outbox="payments_outbox_events")
