#!/bin/sh
# From nobody to a seller with curl: open an account and a store, list a product with a picture, put it on the shelf, say
# what delivery costs, take something off for a while, and see it as buyers do.
#   ARGOSY=http://127.0.0.1:8000 EMAIL=... PASSWORD=... sh open_store.sh PICTURE.png
# Where stores need approval (ARGOSY_APPROVE_SELLERS) it ends after the store: staff come first.
set -eu
api="$ARGOSY/api/v1"
ask() { curl --silent --show-error --fail-with-body --header "Authorization: Bearer ${token:-}" "$@"; }
send() { ask --header 'Content-Type: application/json' --data "$2" "$api/$1"; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

send users "{\"email\": \"$EMAIL\", \"password\": \"$PASSWORD\", \"first_name\": \"Rosa\"}" >/dev/null
token=$(send sessions "{\"email\": \"$EMAIL\", \"password\": \"$PASSWORD\"}" | field token)

# The same token is a seller's from now on.
seller=$(send stores '{"store_name": "Rosa Pots", "country": "US", "city": "Austin"}' | field id)
echo "store $seller is $(ask "$api/stores/mine" | field status)"

# A draft at first. Amounts are integer minor units: 2490 is 24.90 USD.
product=$(send products '{"sku": "pot-1", "title": "Clay pot", "category": "garden", "description": "Fired twice.",
    "variants": [{"sku": "pot-1", "amount": 2490, "currency": "USD", "weight_grams": 900}]}' | field id)
ask --header 'Content-Type: image/png' --data-binary "@$1" "$api/products/$product/images" >/dev/null
variant=$(ask "$api/stores/mine/products/$product" | field variant_id)

# Whoever keeps the stock hears of a new variant a moment later; until then there is none to receive.
until ask --output /dev/null "$api/stock/$variant" 2>/dev/null; do sleep 0.2; done

# What is on the shelf. The reference makes it one delivery, however often this is sent.
send "stock/$variant/receipts" '{"quantity": 40, "reference_id": "first delivery"}' >/dev/null
send shipping/rates '{"method": "standard", "currency": "USD", "base_amount": 500, "countries": ["US"]}' >/dev/null
send promotions "{\"name\": \"Opening week\", \"terms\": {\"effect\": \"percentage\", \"basis_points\": 1000},
    \"ends_at\": \"2999-01-08T00:00:00Z\", \"funded_by\": \"$seller\"}" >/dev/null
ask --request POST "$api/products/$product/publish"

# What buyers read is a moment behind.
until shown=$(curl --silent --fail "$api/products/$product"); do sleep 0.2; done
echo "buyers see $(printf '%s' "$shown" | field title), $ARGOSY/products/$product"
send shipping/offers "{\"country\": \"US\", \"currency\": \"USD\", \"lines\": [{\"line_no\": 1, \"quantity\": 1,
    \"seller_id\": \"$seller\", \"amount\": 2490, \"weight_grams\": 900}]}" >/dev/null
