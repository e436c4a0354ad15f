#!/usr/bin/env bash
# A till in shell: bash, OpenSSL 3, curl and what every Linux has (coreutils, sed, grep, flock).
# Written from docs/reference/for-implementers.md alone, by somebody who has not seen the register.
#   till.sh init REGISTER KEY VENUE         make the key, keep the register's; prints the public half
#   till.sh announce SHOWING HALL VERSION STARTS_AT
#   till.sh sell SHOWING TICKET PRICE       in minor units
#   till.sh refund SHOWING TICKET PRICE
#   till.sh send                            send what waits; 0 done, 75 come back later, 1 ask a person
#   till.sh again                           send the batch that was settled last once more
#   till.sh prove                           check every receipt anew, without a network
#
# All is kept in $TILL (the folder ./till):
#   config, key.pem     who we are; the register's receipts key, as it was at init
#   events              one event a line, for ever; line N has the sequence N
#   settled             how many lines are struck off
#   batch-FIRST-COUNT   the body that is on its way; the same bytes until it is answered
#   done/…              settled bodies, and beside each its answer
#   refused             what the register refused, with cause, cure and the address of the help page
set -euo pipefail
umask 077
export LC_ALL=C
TILL="${TILL:-till}"
GIVE_UP_S="${GIVE_UP_S:-600}"   # how long `send` tries
MAX_TIME_S="${MAX_TIME_S:-60}"  # how long one answer may take
BATCH_MAX="${BATCH_MAX:-1000}"  # events in a batch

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
b64() { base64 -w 0; }
sha256() { openssl dgst -sha256 -r "$1" | cut -c 1-64; }
# keep FILE: standard input becomes FILE, in one step and on the disk.
keep() { cat > "$1.new" && sync "$1.new" && mv "$1.new" "$1" && sync "$(dirname "$1")"; }

# One process at a time has the spool.
lock() {
  [ -f "$TILL/config" ] || die "no till in $TILL: begin with till.sh init"
  # shellcheck source=/dev/null
  . "$TILL/config"
  exec 9> "$TILL/lock"
  flock 9
}

# ---- Reading JSON. Inside a text a quote is \", so "name": is never found in one.
# The first member of that name: a text, or a list of plain values.
text_of() { grep -o "\"$1\": *\"\([^\"\\\\]\|\\\\.\)*\"" "$2" | head -n 1 | sed 's/^"[^"]*": *"//; s/"$//' || true; }
list_of() { grep -o "\"$1\": *\[[^]]*\]" "$2" | head -n 1 | sed 's/^[^[]*\[//; s/\]$//; s/[" ]//g' || true; }
is_object() { tr -d ' \r\n\t' < "$1" | grep -q '^{.*}$'; }
# A text of ours into JSON. Control characters are refused by the register, so they are by us.
json() {
  [[ "$1" != *[[:cntrl:]]* ]] || die "a text holds control characters"
  local text="${1//\\/\\\\}"; printf '"%s"' "${text//\"/\\\"}"
}

# ---- The key (section 1)
init() {
  local register="${1%/}" key="$2" venue="$3" keys vkey
  [ ! -e "$TILL/config" ] || die "$TILL is a till already"
  mkdir -p "$TILL/done"; : >> "$TILL/events"
  [ -f "$TILL/key.pem" ] || openssl genpkey -algorithm ed25519 -out "$TILL/key.pem"
  keys="$(curl -sSf --max-time "$MAX_TIME_S" "$register/keys")"
  vkey="$(grep -o '{[^{}]*"kind": *"receipt"[^{}]*}' <<< "$keys" | grep '"revoked_at": *null' | head -n 1 |
    sed 's/.*"vkey": *"\([^"]*\)".*/\1/')"
  [ -n "$vkey" ] || die "the register names no key for receipts"
  printf 'REGISTER=%q KEY=%q VENUE=%q RECEIPTS=%q\n' "$register" "$key" "$venue" "$vkey" | keep "$TILL/config"
  openssl pkey -in "$TILL/key.pem" -pubout -outform DER | tail -c 32 | base64
}

# ---- The spool (sections 2 and 8)
# A line that a crash tore was never sold: away with it, before its number is used.
mend() {
  [ -s "$TILL/events" ] && [ -n "$(tail -c 1 "$TILL/events" | tr '\n' ' ' | tr -d ' ')" ] || return 0
  say "the last event was torn and is dropped: it was never said"
  sed '$d' "$TILL/events" | keep "$TILL/events"
}

# event KIND SHOWING MORE: the next number and the event, down on the disk in one line.
event() {
  lock; mend
  local sequence=$(($(wc -l < "$TILL/events") + 1))
  printf '{"kind":"%s","sequence":%d,"venue":%s,"showing":%s,"happened_at":"%s",%s}\n' "$1" "$sequence" \
    "$(json "$VENUE")" "$(json "$2")" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$3" >> "$TILL/events"
  sync "$TILL/events"
  echo "event $sequence waits"
}

# ---- The request (sections 3 and 4)
# post FILE: sign and send; the answer is in $TILL/answer, its head in $TILL/head. Prints the status.
post() {
  local uri="$REGISTER/v1/batches" digest params signature
  digest="sha-256=:$(openssl dgst -sha256 -binary "$1" | b64):"
  params='("@method" "@target-uri" "content-digest" "content-type")'
  params="$params;created=$(($(date +%s) + CLOCK));keyid=\"$KEY\";alg=\"ed25519\";nonce=\"$(openssl rand -hex 16)\";tag=\"ekino-ingest\""
  printf '"@method": POST\n"@target-uri": %s\n"content-digest": %s\n"content-type": application/json\n"@signature-params": %s' \
    "$uri" "$digest" "$params" > "$TILL/base"
  signature="$(openssl pkeyutl -sign -rawin -inkey "$TILL/key.pem" -in "$TILL/base" | b64)"
  : > "$TILL/answer" > "$TILL/head"
  curl -sS --max-time "$MAX_TIME_S" -o "$TILL/answer" -D "$TILL/head" -w '%{http_code}' --data-binary "@$1" \
    -H 'Expect:' -H 'Content-Type: application/json' -H "Content-Digest: $digest" \
    -H "Signature-Input: ekino=$params" -H "Signature: ekino=:$signature:" "$uri" || true
}

header() { sed -n "s/^$1: *//Ip" "$TILL/head" | tail -n 1 | tr -d '\r'; }

# ---- The receipt (section 5)
# proved BODY COUNT ANSWER: whether the answer may be believed.
proved() {
  local body="$1" count="$2" answer="$3" outcomes positions digest note name id key
  is_object "$answer" || return 1
  digest="$(sha256 "$body")"
  IFS=, read -ra outcomes <<< "$(list_of outcomes "$answer")"
  IFS=, read -ra positions <<< "$(list_of positions "$answer")"
  [ "${#outcomes[@]}" = "$count" ] && [ "${#positions[@]}" = "$count" ] || { say "the answer is of other events"; return 1; }
  [ "$(text_of batch_sha256 "$answer")" = "$digest" ] || { say "the answer is about another batch"; return 1; }
  # The note: five lines, an empty one, and the line of the key that we know.
  note="$(text_of receipt "$answer")"
  printf '%b' "${note//\\u2014/—}" > "$TILL/note"
  head -n 5 "$TILL/note" > "$TILL/receipt"
  IFS=+ read -r name id key <<< "$RECEIPTS"
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; base64 -d <<< "$key" | tail -c 32; } > "$TILL/receipts.der"
  [ "$({ printf '%s\n\001' "$name"; tail -c 32 "$TILL/receipts.der"; } | openssl dgst -sha256 -r | cut -c 1-8)" = "$id" ] ||
    { say "the register's key is not what its id says"; return 1; }
  sed -n "7,\$s|^\xe2\x80\x94 $name ||p" "$TILL/note" | head -n 1 | base64 -d > "$TILL/signed" 2> "$TILL/odd" || return 1
  [ "$(head -c 4 "$TILL/signed" | od -An -v -tx1 | tr -d ' \n')" = "$id" ] || { say "the receipt is signed by another key"; return 1; }
  tail -c +5 "$TILL/signed" > "$TILL/signature"
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$TILL/receipts.der" -sigfile "$TILL/signature" \
    -in "$TILL/receipt" > "$TILL/odd" || { say "the receipt's signature is wrong"; return 1; }
  # It must speak of this batch, and of the run that the outcomes give.
  local run wanted=entered first=0 length=0 i
  [[ " ${outcomes[*]} " == *" entered "* ]] || wanted=already_entered
  for i in "${!outcomes[@]}"; do
    [ "${outcomes[i]}" = "$wanted" ] || continue
    [ "$length" != 0 ] || first="${positions[i]}"
    # Not side by side: a receipt of 0 events is right.
    [ "${positions[i]}" = $((first + length)) ] || { length=0; break; }
    length=$((length + 1))
  done
  mapfile -t run < "$TILL/receipt"
  [ "${run[0]}" = ekino-receipt-v1 ] && [ "${run[1]}" = "$digest" ] && [ "${run[3]}" = "$length" ] &&
    { [ "$length" = 0 ] || [ "${run[2]}" = "$first" ]; } || { say "the receipt speaks of something else"; return 1; }
}

# ---- Sending, and sending again (section 6)
# What an answer asks of us: answered, sign_again, send_less, refused or come_back.
verdict() {
  is_object "$TILL/answer" || { echo come_back; return; }
  case "$1 $(text_of code "$TILL/answer")" in
    "200 "*) echo answered ;;
    "401 created_out_of_window" | "401 nonce_used") echo sign_again ;;
    "400 batch_is_malformed" | "400 body_is_malformed" | *" batch_has_too_many_events" | *" body_too_large") echo send_less ;;
    4??" "?*) case "$1" in 408 | 425 | 429) echo come_back ;; *) echo refused ;; esac ;;
    *) echo come_back ;;
  esac
}

# pause N: after N attempts, Retry-After and a throw of the dice.
pause() {
  local after dice
  after="$(header Retry-After)"
  case "$after" in
    '' | -*) after=0 ;;
    *[!0-9]*) after=$(($(date -d "$after" +%s 2> "$TILL/odd" || echo 0) - $(date +%s) - CLOCK)) ;;
    *) after=$((10#${after:0:9})) ;;
  esac
  after=$((after < 0 ? 0 : after > 3600 ? 3600 : after))
  dice=$((200 * 2 ** ($1 < 10 ? $1 - 1 : 9)))
  dice=$(((dice < 60000 ? dice : 60000) * RANDOM / 32768))
  say "no answer to attempt $1: again in $after s + $dice ms"
  sleep "$((after + dice / 1000)).$(printf %03d $((dice % 1000)))"
}

# settle BODY FIRST COUNT: tell what was refused, keep the receipt, and only then strike off.
settle() {
  local part
  list_of outcomes "$TILL/answer" | tr ',' '\n' | sort | uniq -c | sed 's/^ *//'
  # Each problem begins with `type`, the address of its help page.
  { grep -o '{"type": *"[^}]*}' "$TILL/answer" || true; } | while IFS= read -r part; do
    printf '%s\n' "$part" > "$TILL/problem"
    printf 'event %d: %s %s See %s%s\n' $(($2 + $(grep -o '"index": *[0-9]*' "$TILL/problem" | tr -dc 0-9))) \
      "$(text_of detail "$TILL/problem")" "$(text_of fix "$TILL/problem")" \
      "$REGISTER" "$(text_of type "$TILL/problem")" | tee -a "$TILL/refused"
  done
  keep "$TILL/done/$2-$3.answer" < "$TILL/answer"
  cp "$1" "$TILL/done/$2-$3.body" && sync "$TILL/done/$2-$3.body" "$TILL/done"
  echo $(($2 + $3 - 1)) | keep "$TILL/settled"
  rm "$1"
}

send() {
  mend
  local CLOCK=0 deadline=$((SECONDS + GIVE_UP_S)) attempts=0 signed_again='' size="$BATCH_MAX" settled all body first count status
  while true; do
    settled="$(cat "$TILL/settled" 2> "$TILL/odd" || echo 0)"
    first=$((settled + 1))
    body="$(find "$TILL" -maxdepth 1 -name "batch-$first-*[0-9]" | head -n 1)"
    if [ -z "$body" ]; then
      all="$(wc -l < "$TILL/events")"; [ "$all" -gt "$settled" ] || return 0
      count=$((all - settled < size ? all - settled : size))
      body="$TILL/batch-$first-$count"
      { printf '{"events":['; sed -n "${first},$((settled + count))p" "$TILL/events" | paste -sd , | tr -d '\n'; printf ']}'; } | keep "$body"
    fi
    count="${body##*-}"
    status="$(post "$body")"
    case "$(verdict "$status")" in
      answered)
        if proved "$body" "$count" "$TILL/answer"; then
          settle "$body" "$first" "$count"
          attempts=0 signed_again='' size="$BATCH_MAX"; continue
        fi ;;
      sign_again)
        if [ -z "$signed_again" ]; then
          signed_again=yes CLOCK=$(($(date -d "$(header Date)" +%s) - $(date +%s))); continue
        fi ;;
      send_less)
        rm "$body"; size=$((count / 2)); [ "$size" = 0 ] || continue
        # Refused alone: it is kept aside with its answer.
        sed -n "${first}p" "$TILL/events" | cat - "$TILL/answer" >> "$TILL/refused"
        echo "$first" | keep "$TILL/settled"; size="$BATCH_MAX"; continue ;;
      refused)
        die "refused: $(text_of detail "$TILL/answer") See $REGISTER$(text_of type "$TILL/answer")" ;;
    esac
    attempts=$((attempts + 1))
    [ "$SECONDS" -lt "$deadline" ] || { say "the register is away; everything is kept"; exit 75; }
    pause "$attempts"
  done
}

again() {
  local CLOCK=0 body count
  body="$(find "$TILL/done" -name '*.body' | sort -V | tail -n 1)"; count="${body##*-}"; count="${count%.body}"
  [ "$(post "$body")" = 200 ] && proved "$body" "$count" "$TILL/answer" || die "no answer that may be believed"
  list_of outcomes "$TILL/answer"; list_of positions "$TILL/answer"
}

prove() {
  local body count
  for body in "$TILL"/done/*.body; do
    count="${body##*-}"
    proved "$body" "${count%.body}" "${body%.body}.answer" || die "$body is not proved"
    echo "${body##*/} proved"
  done
}

case "${1:-}" in
  init) init "$2" "$3" "$4" ;;
  announce) event showing_announced "$2" "\"hall\":$(json "$3"),\"film_version\":$(json "$4"),\"starts_at\":$(json "$5")" ;;
  sell) event sold "$2" "\"ticket\":$(json "$3"),\"price_minor\":$(($4)),\"sales_channel\":\"box_office\"" ;;
  refund) event refunded "$2" "\"ticket\":$(json "$3"),\"price_minor\":$(($4))" ;;
  send | again | prove) lock; "$1" ;;
  *) sed -n '2,/^#   till.sh prove/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
