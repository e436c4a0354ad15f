#!/bin/sh
# A stranger's client: POSIX shell, OpenSSL and curl, written from docs/reference/ alone
# (for-implementers, signatures, events, outcomes). It shares nothing with our kits.
#
#   stranger.sh FOLDER say '"kind":"sold",…'   write an event down; prints its number
#   stranger.sh FOLDER send                    send what waits, until nothing does
#
# FOLDER/config sets REGISTER, KEY_ID and RECEIPTS (the vkey); FOLDER/key.pem is the key.
set -eu
export LC_ALL=C
cd "$1"
. ./config
mkdir -p line refused receipts
case $(cat ahead 2>/dev/null || echo none) in none) echo 0 > ahead ;; esac

say() { # say FOLDER FIELDS
  # The number is used before the event stands: a crash between leaves a gap and no double.
  number=$(($(cat number 2>/dev/null || echo 0) + 1))
  echo "$number" > number.new && sync number.new && mv number.new number && sync .
  name=$(printf '%012d' "$number")
  printf '{"sequence":%s,%s}' "$number" "$2" > event.new
  sync event.new && mv event.new "line/$name" && sync line
  echo "$number"
}

member() { # member NAME FILE: a JSON member that is a text or a number
  sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$2" | head -n 1
}

batch() { # body.json of the first 1,000 events, and their names
  ls line | head -n 1000 > names
  { printf '{"events":['; separator=
    while read -r name; do printf '%s' "$separator"; cat "line/$name"; separator=,; done < names
    printf ']}'; } > body.json
}

post() { # signs and sends body.json; prints the HTTP number
  uri=$REGISTER/v1/batches
  digest="sha-256=:$(openssl dgst -sha256 -binary body.json | base64):"
  created=$(($(date +%s) - $(cat ahead)))
  signed="(\"@method\" \"@target-uri\" \"content-digest\" \"content-type\");created=$created;keyid=\"$KEY_ID\";alg=\"ed25519\";nonce=\"$(openssl rand -hex 12)\";tag=\"ekino-ingest\""
  printf '"@method": POST\n"@target-uri": %s\n"content-digest": %s\n"content-type": application/json\n"@signature-params": %s' "$uri" "$digest" "$signed" > base.txt
  signature=$(openssl pkeyutl -sign -rawin -inkey key.pem -in base.txt | base64 | tr -d '\n')
  : > answer.json
  curl --silent --max-time 60 --output answer.json --dump-header head.txt --write-out '%{http_code}' \
    --data-binary @body.json --header "Content-Type: application/json" --header "Content-Digest: $digest" \
    --header "Signature-Input: ekino=$signed" --header "Signature: ekino=:$signature:" "$uri" || true
}

header() { sed -n "s/^$1: *//Ip" head.txt | tr -d '\r' | head -n 1; }

proved() { # whether the answer is about body.json, and the receipt is the register's
  sum=$(openssl dgst -sha256 -r body.json | cut -c 1-64)
  [ "$(member batch_sha256 answer.json)" = "$sum" ] || return 1
  sed -n 's/.*"outcomes":\[\([^]]*\)\].*/\1/p' answer.json | tr ',' '\n' | tr -d '"' > outcomes
  [ "$(grep -c . outcomes)" = "$(grep -c . names)" ] || return 1
  printf '%b' "$(sed -n 's/.*"receipt":"\([^"]*\)".*/\1/p' answer.json)" > note.txt
  sed '/^$/,$d' note.txt > receipt.txt
  sed -n 's/^.* \([A-Za-z0-9+/=]*\)$/\1/p' note.txt | tail -n 1 | base64 -d | tail -c 64 > receipt.sig
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000'
    printf %s "${RECEIPTS#*+*+}" | base64 -d | tail -c 32; } > public.der
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey public.der -sigfile receipt.sig -in receipt.txt > /dev/null 2>&1 || return 1
  [ "$(sed -n 1p receipt.txt)" = ekino-receipt-v1 ] && [ "$(sed -n 2p receipt.txt)" = "$sum" ] || return 1
  entered=$(grep -cx entered outcomes || true)
  [ "$entered" = 0 ] || [ "$(sed -n 4p receipt.txt)" = "$entered" ]
}

settle() { # receipt and batch first, then the events, one by one: a crash sends the rest again
  kept=receipts/$(head -n 1 names)
  cp body.json "$kept.json" && cp note.txt "$kept.note" && sync "$kept.json" "$kept.note"
  paste names outcomes | while read -r name outcome; do
    case $outcome in
      entered | already_entered) rm "line/$name" ;;
      *) mv "line/$name" "refused/$name.$outcome" ;;
    esac
  done
  sync line
}

send() {
  tries=0
  while [ "$(ls line | head -n 1)" ]; do
    batch
    http=$(post)
    code=$(member code answer.json)
    if [ "$http" = 200 ] && proved; then
      settle
      tries=0
      continue
    fi
    case $http:$code in
      401:created_out_of_window)
        echo $(($(date +%s) - $(date -d "$(header Date)" +%s))) > ahead ;;
      408:* | 425:* | 429:* | 4??: | [!4]*) ;;
      *) echo "refused: $code" >&2; exit 1 ;;
    esac
    tries=$((tries + 1))
    [ "$tries" -lt 40 ] || exit 75
    wait=$(header Retry-After)
    sleep "$(awk -v tries="$tries" -v wait="${wait:-0}" 'BEGIN {
      srand(); widest = 0.2 * 2 ^ (tries < 10 ? tries - 1 : 9); if (widest > 5) widest = 5
      print wait + rand() * widest }')"
  done
}

"$2" "$1" "${3:-}"
