/** The kit gives the bytes that are published: tests/vectors/kit.json and ticket.json. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { base32, batchBody, contentDigest, Key, makeToken, noteKeyId, pauseS, readAddress, readAnswer, ReceiptWrong, RegisterKey, shortId, signatureBase, signedHeaders, TicketEvent, tokenUrl } from "../src/index.js";

const VECTORS = process.env["VECTORS"] ?? join(import.meta.dirname, "../../../../tests/vectors");
const V = JSON.parse(readFileSync(join(VECTORS, "kit.json"), "utf8"));
const TICKET = JSON.parse(readFileSync(join(VECTORS, "ticket.json"), "utf8"));
const KEY = Key.ofSeed(V.key.key_id, Buffer.from(V.key.seed_hex, "hex"));

test("a key, its text and its proof", () => {
  assert.equal(KEY.publicText, V.key.public_key);
  assert.equal(noteKeyId(KEY.keyId, KEY.publicBytes).toString("hex"), V.key.note_key_id_hex);
  assert.equal(KEY.enrolmentText, V.key.enrolment_text);
  assert.equal(KEY.proof, V.key.enrolment_signature);
});

for (const { kind, sequence, fields, bytes } of V.events) {
  test(`a ${kind} event is these bytes`, () => {
    assert.equal(TicketEvent.of(kind, fields).toText(sequence), bytes);
  });
}

test("a batch and its signature", () => {
  const body = Buffer.from(batchBody(V.batch.events));
  assert.equal(body.toString(), V.batch.body);
  assert.equal(createHash("sha256").update(body).digest("hex"), V.batch.sha256_hex);
  const { method, target_uri: uri, created, nonce } = V.request;
  const request = { method, uri, body, created, nonce };
  assert.equal(contentDigest(body), V.request.content_digest);
  assert.equal(signatureBase(KEY.keyId, request), V.request.signature_base);
  assert.deepEqual(signedHeaders(KEY, request), {
    "Content-Type": V.request.content_type,
    "Content-Digest": V.request.content_digest,
    "Signature-Input": V.request.signature_input,
    Signature: V.request.signature,
  });
});

for (const each of V.receipts.cases) {
  test(`a receipt: ${each.name}`, () => {
    const verify = () => RegisterKey.read(V.receipts.vkey).verify(each.note, Buffer.from(each.body), each.outcomes, each.positions);
    if (each.says === null) {
      assert.throws(verify, ReceiptWrong);
      return;
    }
    const { batchSha256, first, count, receivedAt } = verify();
    assert.deepEqual({ batch_sha256: batchSha256, first, count, received_at: receivedAt }, each.says);
  });
}

test("a ticket's token, its address and its printed id", () => {
  const key = Key.ofSeed(TICKET.till_name, Buffer.from(TICKET.till_seed_hex, "hex"));
  const { id, seq, hall, start, issued, price_tiyn: priceMinor, place } = TICKET.fields;
  const ticketId = Buffer.from(id, "hex");
  const token = makeToken(key, { hall, start, issued, priceMinor, place, ticketId }, seq);
  assert.equal(token.toString("hex"), TICKET.token_hex);
  assert.equal(tokenUrl(token), TICKET.url);
  assert.equal(base32(token).length, 167);
  assert.equal(shortId(ticketId), "AAAQE-AYEAU-DAOCA-JBIFQ");
});

test("what answers mean", () => {
  for (const each of V.answers) {
    const answer = readAnswer(each.http, (name) => each.headers[name] ?? null, each.body, each.now_s);
    const { meaning, code, retryAfterS } = answer;
    assert.deepEqual({ meaning, code, retryAfterS }, { meaning: each.meaning, code: each.code, retryAfterS: each.retry_after_s }, JSON.stringify(each));
  }
});

test("how long to pause", () => {
  for (const each of V.pauses) assert.equal(pauseS(each.tries, each.retry_after_s, each.dice), each.pause_s);
});

test("which address is signed", () => {
  for (const { address, target_uri } of V.addresses) {
    if (target_uri === null) assert.throws(() => readAddress(address), RangeError, address);
    else assert.equal(`${readAddress(address)}/v1/batches`, target_uri);
  }
});

test("a wrong field is refused by its name", () => {
  const sale = { venue: "v", showing: "s", happened_at: "2026-11-26T19:00:00Z", ticket: "T", price_minor: 1, sales_channel: "web" };
  for (const [name, value] of [
    ["ticket", ""], ["ticket", "T".repeat(65)], ["ticket", "T\n1"], ["ticket", "\ud800"], ["price_minor", -1],
    ["price_minor", 1.5], ["price_minor", 1_000_000_000_001], ["price_minor", "1"], ["sales_channel", "street"],
    ["happened_at", "2026-11-26T19:00:00"], ["happened_at", new Date(0)], ["gate", "A"], ["payment", "gold"],
  ] as const) {
    assert.throws(() => TicketEvent.of("sold", { ...sale, [name]: value }), { field: name }, `${name} ${String(value)}`);
  }
  assert.ok(TicketEvent.of("sold", { ...sale, ticket: "Қ".repeat(64), happened_at: new Date() }));
});
