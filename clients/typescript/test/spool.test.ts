/** The spool loses and doubles nothing, whatever fails between the till and the register. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { Spool, SpoolBroken, SpoolFull, SpoolTaken, TicketEvent } from "../src/index.js";

const folder = () => join(mkdtempSync(join(tmpdir(), "ekino-till-")), "spool");
const sale = (number: number, more: object = {}) =>
  TicketEvent.of("sold", {
    venue: "v", showing: "s", happened_at: "2026-11-26T19:00:00Z", ticket: `T${number}`, price_minor: 1, sales_channel: "web", ...more,
  });
const numbers = (spool: Spool) => spool.nextBatch(100_000, 1e9).map(({ number }) => number);

test("what was said is there again after closing, in order, and numbers go on", () => {
  const path = folder();
  const first = new Spool(path);
  assert.deepEqual(first.add([sale(1), sale(2)]), [1, 2]);
  first.settle(first.nextBatch(1), ["entered"]);
  first.close();
  const second = new Spool(path);
  assert.deepEqual(numbers(second), [2]);
  assert.deepEqual(second.add([sale(3)]), [3]);
  assert.equal(second.sell("till/1", (seq) => sale(4, { till: String(seq) })), 4);
  second.close();
  const third = new Spool(path);
  assert.equal(third.lastToken("till/1"), 1);
  third.close();
});

test("a spool torn at any byte keeps what was whole and reuses no number it told", () => {
  const path = folder();
  const whole = new Spool(path);
  const ends = [0];
  for (let number = 1; number <= 5; number += 1) {
    whole.add([sale(number)]);
    ends.push(statSync(path).size);
  }
  whole.close();
  const raw = readFileSync(path);
  for (let size = 0; size <= raw.length; size += 1) {
    const torn = folder();
    writeFileSync(torn, raw.subarray(0, size));
    const spool = new Spool(torn);
    const kept = ends.filter((end) => end > 0 && end <= size).length;
    assert.deepEqual(numbers(spool), Array.from({ length: kept }, (_, index) => index + 1));
    assert.deepEqual(spool.add([sale(9)]), [kept + 1]);
    spool.close();
    const again = new Spool(torn);
    assert.equal(again.waiting, kept + 1);
    again.close();
  }
});

test("damage in the middle is told by name and nothing is cut off", () => {
  const path = folder();
  const whole = new Spool(path);
  for (let number = 1; number <= 3; number += 1) whole.add([sale(number)]);
  whole.close();
  const raw = readFileSync(path);
  raw[40] = (raw[40] as number) ^ 1;
  writeFileSync(path, raw);
  assert.throws(() => new Spool(path), SpoolBroken);
  assert.throws(() => new Spool(path), SpoolBroken);
  assert.deepEqual(readFileSync(path), raw);
});

test("a full spool says so and keeps what it has", () => {
  const spool = new Spool(folder(), { eventsMax: 2 });
  spool.add([sale(1), sale(2)]);
  assert.throws(() => spool.add([sale(3)]), (error) => error instanceof SpoolFull && error.eventsMax === 2);
  assert.equal(spool.waiting, 2);
  spool.close();
});

test("one process has a spool; a dead one's lock is taken over", () => {
  const path = folder();
  const spool = new Spool(path);
  assert.throws(() => new Spool(path), SpoolTaken);
  spool.close();
  writeFileSync(`${path}.lock`, "999999999 1");
  new Spool(path).close();
  // The same number, and yet another process.
  writeFileSync(`${path}.lock`, `${process.pid} 1`);
  new Spool(path).close();
});

test("what is refused is kept aside and put back under its number", () => {
  const path = folder();
  const spool = new Spool(path);
  spool.add([sale(1), sale(2)]);
  spool.settle(spool.nextBatch(2), ["venue_not_in_catalog", "entered"], ["why", ""]);
  spool.close();
  const again = new Spool(path);
  assert.deepEqual(again.refused.map(({ outcome, words }) => [outcome, words]), [["venue_not_in_catalog", "why"]]);
  assert.equal(again.tryAgain(["ticket_was_never_sold"]), 0);
  assert.equal(again.tryAgain(), 1);
  assert.deepEqual([numbers(again), again.refused], [[1], []]);
  again.close();
});

test("a file of settled lines is written anew and forgets no number", () => {
  const path = folder();
  const spool = new Spool(path);
  for (let round = 0; round < 12; round += 1) {
    spool.add(Array.from({ length: 1_000 }, (_, index) => sale(index)));
    spool.settle(spool.nextBatch(1_000), Array.from({ length: 1_000 }, () => "entered"));
  }
  assert.ok(statSync(path).size < 500_000);
  assert.deepEqual(spool.add([sale(1)]), [12_001]);
  spool.close();
  const again = new Spool(path);
  assert.deepEqual([numbers(again), again.lastNumber], [[12_001], 12_001]);
  again.close();
});

const SELLER = `
  import { Spool, TicketEvent } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
  const spool = new Spool(process.argv[1]);
  for (;;) {
    const number = spool.sell("till/1", (seq) => TicketEvent.of("sold", {
      venue: "v", showing: "s", happened_at: "2026-11-26T19:00:00Z", ticket: "T" + seq, price_minor: 1, sales_channel: "web" }));
    const { writeSync } = await import("node:fs");
    writeSync(1, number + "\\n");
  }`;

test("killed ten times, it loses no sale that it confirmed and repeats no number", async () => {
  const path = folder();
  const told: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const seller = spawn(process.execPath, ["--input-type=module", "--eval", SELLER, path]);
    let out = "";
    seller.stdout.on("data", (part: Buffer) => {
      out += part.toString();
      if (out.split("\n").length > 3 + round * 3) seller.kill("SIGKILL");
    });
    await once(seller, "close");
    told.push(...out.split("\n").slice(0, -1).map(Number));
  }
  const spool = new Spool(path);
  const kept = numbers(spool);
  assert.deepEqual(kept, kept.map((_, index) => index + 1));
  assert.ok(told.length > 100);
  assert.equal(new Set(told).size, told.length);
  assert.ok(told.every((number) => number <= kept.length));
  spool.close();
});

test("a lock file cut short is nobody's", () => {
  const path = folder();
  new Spool(path).close();
  appendFileSync(`${path}.lock`, "");
  truncateSync(`${path}.lock`);
  new Spool(path).close();
});
