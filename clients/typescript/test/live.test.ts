/** Against a register: REGISTER is its address, KEY_FILE and KEY_ID name a key that may announce. */

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { Client, Key, NotAnswered, RegisterKey, type ReportAnswer, Spool, TicketEvent, Till } from "../src/index.js";

const REGISTER = process.env["REGISTER"] ?? "";
const skip = REGISTER === "" ? "REGISTER names none" : false;

test("sells, refunds, sends twice and proves, against a register", { skip }, async () => {
  const key = Key.load(process.env["KEY_FILE"] as string, process.env["KEY_ID"] as string);
  const keys = (await (await fetch(`${REGISTER}/keys`)).json()) as { keys: { kind: string; vkey: string }[] };
  const registerKey = RegisterKey.read(keys.keys.find(({ kind }) => kind === "receipt")?.vkey as string);
  const spool = new Spool(join(mkdtempSync(join(tmpdir(), "ekino-till-")), "spool"));
  // An hour behind: the register's answer sets it.
  const client = new Client(REGISTER, key, () => Date.now() / 1000 - 3600);
  const till = new Till(spool, client, registerKey, 3);
  const about = { venue: process.env["VENUE"], showing: "TS-1", happened_at: new Date(Date.now() - 1000) };
  till.say(TicketEvent.of("showing_announced", { ...about, hall: "1", film_version: process.env["VERSION"], starts_at: new Date(Date.now() + 7_200_000) }));
  const sales = [1, 2, 3].map((number) => TicketEvent.of("sold", { ...about, ticket: `TS-${number} Қ`, price_minor: 250_000, sales_channel: "web" }));
  till.say(...sales);
  till.say(TicketEvent.of("refunded", { ...about, ticket: "TS-2 Қ", price_minor: 250_000 }));
  till.say(TicketEvent.of("sold", { ...about, venue: "nowhere", ticket: "TS-9", price_minor: 1, sales_channel: "web" }));

  const drained = await till.drain({ giveUpAfterS: 60 });

  assert.deepEqual(Object.fromEntries(drained), { entered: 5, venue_not_in_catalog: 1 });
  assert.ok(Math.abs(client.clockAheadS + 3600) < 60);
  assert.equal(spool.waiting, 0);
  assert.match(spool.refused[0]?.words ?? "", /"fix":/);
  const receipts = spool.receipts();
  assert.deepEqual(receipts.map(({ body, receipt, outcomes, positions }) => registerKey.verify(receipt, Buffer.from(body), outcomes, positions).count), [3, 2]);
  // The same bytes again: the same positions, and nothing new.
  const again = await client.send(Buffer.from(receipts[0]?.body as string));
  assert.deepEqual(again["outcomes"], ["already_entered", "already_entered", "already_entered"]);
  assert.deepEqual(again["positions"], receipts[0]?.positions);
  // A new key takes the old one's place, and the spool goes on under it.
  const next = Key.open(join(mkdtempSync(join(tmpdir(), "ekino-till-")), "next.pem"), `${key.keyId}-next`);
  assert.equal((await client.replaceBy(next))["replaces"], key.keyId);
  const later = new Till(spool, new Client(REGISTER, next), registerKey);
  later.say(TicketEvent.of("voided", { ...about, ticket: "TS-3 Қ" }));
  assert.deepEqual(Object.fromEntries(await later.drain({ giveUpAfterS: 60 })), { entered: 1 });
  // A till that goes on reports by itself: at once and at the end.
  const stop = new AbortController();
  const day = { venue: process.env["VENUE"] as string, business_date: new Date().toISOString().slice(0, 10), is_final: false, tickets: 1, gross_minor: 250_000 };
  const told: [number, string | undefined, string][] = [];
  const reporting = {
    software: { product: "Example POS", version: "4.2" },
    days: () => [day],
    told: (answer: ReportAnswer | undefined, trouble: string) => {
      told.push([answer?.missing.length ?? -1, answer?.days[0]?.state, trouble]);
      stop.abort();
    },
  };
  assert.equal((await later.follow(reporting, stop.signal)).size, 0);
  assert.deepEqual(told, [[0, "not_final", ""], [0, "not_final", ""]]);
  await assert.rejects(later.report({ product: "Example POS", version: "" }), { code: "report_is_malformed" });
  await assert.rejects(new Client(REGISTER, next).enrol("no such code"), { code: "enrolment_code_wrong" });
  spool.close();
});

test("a portal in between settles nothing", async () => {
  const portal = createServer((_, response) => response.end("<html>Sign in</html>")).listen(0, "127.0.0.1");
  await new Promise((resolve) => portal.once("listening", resolve));
  const { port } = portal.address() as { port: number };
  const key = Key.ofSeed("vendor.example/1", Buffer.alloc(32));
  const spool = new Spool(join(mkdtempSync(join(tmpdir(), "ekino-till-")), "spool"));
  const till = new Till(spool, new Client(`http://127.0.0.1:${port}`, key));
  till.say(TicketEvent.of("admitted", { venue: "v", showing: "s", happened_at: new Date(), ticket: "T" }));

  await assert.rejects(till.drain({ giveUpAfterS: 0.3 }), NotAnswered);

  assert.equal(spool.waiting, 1);
  spool.close();
  portal.closeAllConnections();
  portal.close();
});
