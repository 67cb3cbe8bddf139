#!/bin/sh
# A warehouse's program with curl: send what was counted, see what became of it, set prices in one call.
#   ARGOSY=http://127.0.0.1:8000 API_KEY=argosy_key_... sh keep_stock.sh COUNTS.csv PRODUCT_ID VARIANT_ID
# The key needs the scopes inventory:write and products:write. COUNTS.csv has the columns warehouse, sku and counted.
set -eu
api="$ARGOSY/api/v1"
ask() { curl --silent --show-error --fail-with-body --header "Authorization: Bearer $API_KEY" "$@"; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

# The count is worked off as a job. The key makes it one count, however often this is sent: name it after the file.
count=$(ask "$api/stock-counts" --header 'Content-Type: text/csv' --header "Idempotency-Key: $(basename "$1")-1" \
    --data-binary "@$1" | field id)
seen=$(ask "$api/stock-counts/$count")
while [ "$(printf '%s' "$seen" | field status)" = RUNNING ]; do
    sleep 1
    seen=$(ask "$api/stock-counts/$count")
done
echo "counted $(printf '%s' "$seen" | field lines), $(printf '%s' "$seen" | field differing) differed"

# Up to 200 prices, each set or refused by itself.
answer=$(ask "$api/prices" --header 'Content-Type: application/json' --data \
    "{\"items\": [{\"product_id\": \"$2\", \"variant_id\": \"$3\", \"amount\": 2490, \"currency\": \"EUR\"}]}")
echo "$(printf '%s' "$answer" | field done) set, $(printf '%s' "$answer" | field refused) refused"

# Only what is needed of each; a quarter of a minute behind what is so.
ask "$api/sku-availability?fields=sku,available" >/dev/null
