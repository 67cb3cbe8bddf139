#!/bin/sh
# A seller's programs with curl: make a key, list a product with it, follow the feed, end the key.
#   ARGOSY=http://127.0.0.1:8000 EMAIL=... PASSWORD=... sh manage_store.sh
set -eu
api="$ARGOSY/api/v1"
ask() { curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# A person signs in: only a person makes keys.
token=$(ask "$api/sessions" --data "{\"email\": \"$EMAIL\", \"password\": \"$PASSWORD\"}" | field token)

# The key is told this once. Keep it as you would a password.
made=$(ask "$api/api-keys" --header "Authorization: Bearer $token" \
    --data '{"name": "catalogue sync", "scopes": ["products:write", "events:read"]}')
key=$(printf '%s' "$made" | field key)
key_id=$(printf '%s' "$made" | field key_id)

# The same Idempotency-Key makes one product, however often this is sent.
product=$(ask "$api/products" --header "Authorization: Bearer $key" --header "Idempotency-Key: sync-mug-1" \
    --data '{"sku": "mug-1", "title": "Mug", "category": "home",
             "variants": [{"sku": "mug-1", "amount": 1290, "currency": "EUR", "weight_grams": 350}]}' | field id)
ask "$api/products/$product/publish" --request POST --header "Authorization: Bearer $key"
echo "published $product"

# What happened since the beginning; where ours is not there yet, wait for it behind the cursor.
page=$(ask "$api/events?types=product.published" --header "Authorization: Bearer $key")
while ! printf '%s' "$page" | grep -q "$product"; do
    cursor=$(printf '%s' "$page" | field cursor)
    page=$(ask "$api/events?types=product.published&after=$cursor" --header "Authorization: Bearer $key" \
        --header 'Prefer: wait=10')
done
echo "told of $product"

# From the next request on the key is nobody's.
ask "$api/api-keys/$key_id" --request DELETE --header "Authorization: Bearer $token"
curl --silent --output /dev/null --write-out 'the key is answered %{http_code}\n' \
    "$api/events" --header "Authorization: Bearer $key"
