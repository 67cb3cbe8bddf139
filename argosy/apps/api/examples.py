"""A body that fits, for every operation that takes one: what the API's description shows beside its schema.

Products and the seller are those of the demo data, so that what is shown there can be sent there. A test sends each
of them, and fails for an operation without one.
"""

from __future__ import annotations

from typing import Any

PRODUCT, VARIANT = "f08ea0a4-30f0-8f3c-937d-2cc4e8900f14", "bc1662bd-1380-8e71-9f6b-fe2ebe49120a"
SELLER = "98467e7c-fe61-8aac-9b3c-6fcf0fcfdb93"
OTHER = "0193f5a0-7c1e-7b5d-9a52-3f0d6baea611"
PAYMENT = "0193f5a0-7c1e-7b5d-9a52-3f0d6baea617"
"""Something that is the reader's own, and not of the demo data."""

LATER, MUCH_LATER = "2999-01-01T00:00:00Z", "2999-12-31T23:59:59Z"
_ADDRESS = {
    "recipient": "Maria Lima",
    "street": "Rua das Flores 1",
    "city": "Porto",
    "postal_code": "4000-001",
    "country": "PT",
}
_LINE = {"product_id": PRODUCT, "variant_id": VARIANT, "quantity": 2}
_LETTER = "the-token-of-the-letter"
_SIGNED = {
    "ticket": "the-ticket-of-begin",
    "credential_id": "credential-of-the-browser",
    "client_data": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0",
    "authenticator_data": "authenticator-data-of-the-browser",
    "signature": "signature-of-the-browser",
}
_TENTH = {"effect": "percentage", "basis_points": 1_000}

_ACCOUNTS: dict[str, Any] = {
    "RegisterUser": {"email": "rui@example.com", "password": "correct horse battery", "first_name": "Rui"},
    "AskVerification": {"email": "maria@demo.example"},
    "ConfirmEmail": {"token": _LETTER},
    "AskPasswordReset": {"email": "maria@demo.example"},
    "ResetPassword": {"token": _LETTER, "password": "correct horse battery"},
    "ChangePassword": {"current": "argosy-demo", "password": "correct horse battery"},
    "BeginSecondFactor": {"password": "argosy-demo"},
    "ConfirmSecondFactor": {"code": "123456"},
    "RenewRecoveryCodes": {"code": "123456"},
    "RemoveSecondFactor": {"password": "argosy-demo", "code": "123456"},
    "SignIn": {"email": "maria@demo.example", "password": "argosy-demo"},
    "ChangeProfile": {"first_name": "Maria", "last_name": "Lima", "phone": "+351 222 222 222"},
    "AddAddress": _ADDRESS,
    "ChangeAddress": {**_ADDRESS, "street": "Rua das Flores 2"},
    "OpenStore": {"store_name": "Casa Verde", "country": "PT", "city": "Porto"},
    "RenameStore": {"name": "Casa Verde & Filhos"},
    "SetStoreSlug": {"slug": "casa-verde"},
    "SetStoreText": {"html": "<p>Linen from <strong>Porto</strong>, since 1987.</p>"},
    "StartHoliday": {"until": LATER},
    "ChangeMemberRights": {"rights": ["orders:read", "products:write"]},
    "InviteMember": {"email": "rui@example.com", "rights": ["orders:read"]},
    "AcceptInvitation": {"token": _LETTER},
    "RejectSeller": {"reason": "The company could not be found in its register."},
    "SuspendSeller": {"reason": "Parcels do not arrive."},
    "ReinstateSeller": {"reason": "Parcels arrive again."},
    "BlockUser": {"reason": "Cards of others were used."},
    "UnblockUser": {"reason": "It was somebody else."},
    "ChangeEmail": {"email": "maria.lima@example.com", "password": "argosy-demo"},
    "ConfirmNewEmail": {"token": _LETTER},
    "RevertEmail": {"token": _LETTER},
    "ProveIdentity": {"ticket": "the-ticket-of-begin", "state": "state-that-came-back", "code": "code-that-came-back"},
    "SignInByIdentity": {"identity": "the-identity-of-prove"},
    "LinkIdentity": {"identity": "the-identity-of-prove", "password": "argosy-demo"},
    "UnlinkIdentity": {"password": "argosy-demo"},
    "ProvePasskey": _SIGNED,
    "SignInByPasskey": _SIGNED,
    "AddPasskey": {
        "ticket": "the-ticket-of-begin",
        "client_data": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0",
        "attestation": "attestation-of-the-browser",
        "name": "Telephone",
    },
    "BeginPasskey": {"password": "argosy-demo"},
    "RemovePasskey": {"password": "argosy-demo"},
}

_BUYING: dict[str, Any] = {
    "AddToCart": _LINE,
    "ChangeQuantity": {"quantity": 3},
    "AcknowledgeNotice": {"seen": {"amount": 2_500, "currency": "EUR", "is_on_sale": True}},
    "ChooseCurrency": {"currency": "EUR"},
    "ApplyCoupon": {"code": "WELCOME10"},
    "AddToWishlist": {"product_id": PRODUCT, "variant_id": VARIANT},
    "MergeGuestCart": {"guest_token": "the-token-of-the-guest"},
    "MoveFromWishlist": {"quantity": 1},
    "RequestQuote": {"country": "PT", "postal_code": "4000-001", "lines": [_LINE]},
    "StartCheckout": {
        "client_request_id": "basket-1",
        "lines": [_LINE],
        "address": _ADDRESS,
        "payment_source": "tok_approve",
        "may_retry_payment": True,
    },
    "RetryPayment": {"payment_source": "tok_approve"},
    "CancelOrder": {"reason": "I have changed my mind."},
    "RecordMoney": {"amount": 5_499, "currency": "EUR", "reference": "statement 7, line 3"},
    "ChangeDelivery": {"street": "Rua das Flores 2", "phone": "+351 222 222 222"},
    "RedeemGiftCard": {"code": "ABCDE-FGHJK-MNPQR-STUVW"},
    "SetBuyerTaxes": {"vat_id": "PT501964843"},
}

_SELLING: dict[str, Any] = {
    "CreateProduct": {
        "sku": "mug",
        "title": "Enamel mug",
        "category": "home",
        "description": "Holds a third of a litre.",
        "variants": [{"sku": "mug-blue", "amount": 1_200, "currency": "EUR", "weight_grams": 210}],
    },
    "UpdateProduct": {"title": "Brass table lamp"},
    "AddVariant": {"variant": {"sku": "lamp-large", "amount": 3_900, "currency": "EUR", "weight_grams": 900}},
    "SetOptions": {"axes": [{"name": "size", "values": ["S", "M", "L"]}]},
    "CombineOptions": {"amount": 2_500, "currency": "EUR", "weight_grams": 450},
    "LinkStock": {"stock_unit_id": VARIANT, "units_each": 1},
    "SetPrice": {"amount": 2_600, "currency": "EUR"},
    "SetPrices": {"items": [{"product_id": PRODUCT, "variant_id": VARIANT, "amount": 2_700, "currency": "EUR"}]},
    "SetSale": {"amount": 2_000, "currency": "EUR", "ends_at": "2026-12-24T00:00:00Z"},
    "ArrangeImages": {"image_ids": [OTHER]},
    "FetchImage": {"url": "https://pictures.example/lamp.jpg"},
    "SetStory": {"html": "<h2>Made by hand</h2><p>Each lamp is turned from one piece of brass.</p>"},
    "SetVisibility": {"visibility": "unlisted"},
    "SetSlug": {"slug": "brass-table-lamp"},
    "SetTexts": {"title": "Candeeiro de mesa", "words": [{"word": "size", "said": "tamanho"}]},
    "SetCollection": {"title": "Under fifty", "rule": {"category": "home", "currency": "EUR", "price_to": 5_000}},
    "AddCategory": {"code": "mugs", "name": "Mugs", "position": 3},
    "MoveCategory": {"position": 2},
    "RenameCategory": {"name": "Mugs and cups"},
    "NameCategory": {"name": "Canecas"},
    "SetCategoryAttributes": {
        "attributes": [
            {"name": "material", "kind": "choice", "values": ["enamel", "stoneware"]},
            {"name": "weight", "kind": "number", "unit": "g"},
        ]
    },
    "ExportProducts": {"format": "csv"},
    "ReceiveStock": {"quantity": 40, "reference_id": "delivery note 4711"},
    "AdjustStock": {"change": -1, "reason": "damaged", "reference_id": "shelf 3, 2 May"},
    "AdjustStocks": {
        "items": [{"stock_unit_id": VARIANT, "change": 2, "reason": "found", "reference_id": "shelf 4, 2 May"}]
    },
    "SetStockRules": {"safety_stock": 2, "low_at": 5},
    "SendTransfer": {"from_warehouse": "main", "to_warehouse": "porto", "quantity": 1, "reference_id": "lorry 12"},
    "ReceiveTransfer": {"quantity": 1},
    "OpenWarehouse": {"code": "lisbon", "name": "Lisbon", "country": "PT", "serves": ["ES"]},
    "ChangeWarehouse": {"name": "Porto, by the river"},
    "ReconcileStock": {"reference_id": "count of May", "counts": [{"stock_unit_id": VARIANT, "counted": 40}]},
    "CreateCoupon": {
        "code": "MAY10",
        "basis_points": 1_000,
        "max_uses": 500,
        "terms": {"min_amount": 2_000, "currency": "EUR"},
    },
    "GenerateCoupons": {"name": "Newsletter of May", "count": 100, "basis_points": 500, "prefix": "MAY"},
    "DisableCoupons": {"codes": ["SPRING"]},
    "CreatePromotion": {
        "name": "Three for two",
        "terms": {"effect": "buy_x_get_y", "basis_points": 10_000, "buy": 2, "get": 1},
        "ends_at": LATER,
    },
    "SimulatePromotion": {
        "name": "A tenth",
        "terms": _TENTH,
        "currency": "EUR",
        "lines": [
            {
                "line_no": 1,
                "seller_id": SELLER,
                "product_id": PRODUCT,
                "category": "home",
                "quantity": 2,
                "amount": 5_000,
            }
        ],
    },
    "SetShippingRate": {
        "method": "express",
        "currency": "EUR",
        "label": "Express",
        "base_amount": 900,
        "free_from_amount": 10_000,
        "days_min": 1,
        "days_max": 2,
        "countries": ["PT", "ES"],
    },
    "SetDeliveryPolicy": {"timezone": "Europe/Lisbon", "cut_off_minutes": 840, "handling_days": 1},
    "OfferShipping": {
        "country": "PT",
        "currency": "EUR",
        "lines": [{"line_no": 1, "seller_id": SELLER, "quantity": 2, "amount": 5_000, "weight_grams": 900}],
    },
    "CreateApiKey": {"name": "stock robot", "scopes": ["inventory:write", "events:read"]},
    "RegisterWebhook": {"url": "https://erp.example/argosy", "types": ["order.paid"]},
    "ChangeWebhook": {"url": "https://erp.example/argosy-2"},
    "SetSellerTaxes": {"country": "PT", "vat_id": "PT501964843"},
}

_OPERATING: dict[str, Any] = {
    "SetCommission": {"basis_points": 800, "category": "mugs"},
    "IssueCredit": {"amount": 1_000, "currency": "EUR", "reason": "A late parcel"},
    "IssueGiftCards": {"amount": 5_000, "currency": "EUR", "reason": "A birthday", "expires_at": MUCH_LATER},
    "CancelGiftCard": {"reason": "Sent to somebody else"},
    "SettleDifference": {"borne_by": "sale", "reason": "Paid back by telephone"},
    "AssignWebhook": {"payment_id": PAYMENT, "reason": "The reference is in their list"},
    "DismissWebhook": {"reason": "A charge of another shop of ours"},
    "AssignBuyerGroups": {"groups": ["vip"]},
    "SetTaxRule": {"country": "FR", "basis_points": 2_000, "is_inclusive": True},
    "EndTaxRule": {"valid_from": LATER},
    "SetTaxTerms": {"country": "FR", "rounding": "order", "delivery": "pro_rata"},
    "SetTaxZone": {"name": "Iberia", "places": [{"country": "PT"}, {"country": "ES"}]},
    "SetTaxThreshold": {
        "name": "Texas",
        "currency": "USD",
        "amount": 50_000_000,
        "places": [{"country": "US", "region": "TX"}],
    },
    "EndTaxThreshold": {"valid_from": LATER},
    "PreviewTax": {
        "country": "PT",
        "currency": "EUR",
        "lines": [{"line_no": 1, "seller_id": SELLER, "category": "standard", "amount": 5_000}],
    },
    "GrantTaxExemption": {"country": "ES", "certificate": "ES-2026-0042"},
}

EXAMPLES = {**_ACCOUNTS, **_BUYING, **_SELLING, **_OPERATING}
"""By operation."""
