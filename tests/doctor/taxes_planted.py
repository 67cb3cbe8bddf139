"""VAT ids that nobody asks for, and sales that thresholds count otherwise than they were."""

from __future__ import annotations

from tests.doctor.cases import OTHER, Case, sql

TAXES = (
    Case(
        "I58",
        "a VAT id that nobody is going to ask for",
        sql(
            "taxes",
            "tax_parties",
            f"INSERT INTO tax_parties (id, version, sequence, role, party, country, vat_id, registrations, exemptions, "
            f"vat_check) VALUES ('{OTHER}', 1, 0, 'buyer', '{OTHER}', 'PT', 'PT501964843', '[]', '[]', "
            f'\'{{"outcome":"pending","asked":1}}\')',
        ),
    ),
    Case(
        "I67",
        "a sum of sales that are not there",
        sql(
            "taxes",
            "tax_sales_sums",
            f"INSERT INTO tax_sales_sums (id, version, sequence, seller_id, month, country, region, currency, "
            f"is_business, sales, gross, net, refunded_sales, refunded_gross, refunded_net) VALUES ('{OTHER}', 1, 0, "
            f"'{OTHER}', '2026-01', 'PT', '', 'EUR', false, 1, 100, 100, 0, 0, 0)",
        ),
    ),
)
