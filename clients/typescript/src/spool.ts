/**
 * The spool: what the till has said and the register has not yet answered, in one append-only file.
 *
 * A line is eight hex digits of its own SHA-256, a space and JSON. It counts once it is whole and
 * fsync has returned; a torn last line was confirmed to nobody and is cut off.
 */

import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import type { TicketEvent } from "./events.js";
import { syncFolder } from "./keys.js";

export const SPOOL_EVENTS_MAX = 1_000_000;
export const BATCH_BYTES_MAX = 1024 * 1024;
// Lines of events that were answered, after which the file is written anew.
export const SETTLED_LINES_MAX = 10_000;
const BREAKING_MAX_MS = 10_000;
const SETTLED = new Set(["entered", "already_entered"]);

/** So much waits already, or the disk is so full, that no more is taken. */
export class SpoolFull extends Error {
  constructor(
    words: string,
    readonly eventsMax: number | null,
  ) {
    super(words);
  }
}
/** Another process has this spool open; two would send out of order. */
export class SpoolTaken extends Error {}
/** The spool's file is no spool, or damaged: keep it, and begin a new one with a new key. */
export class SpoolBroken extends Error {}

export interface Waiting {
  number: number;
  text: string;
}
export interface Refused {
  number: number;
  text: string;
  outcome: string;
  words: string;
}
export interface KeptReceipt {
  body: string;
  receipt: string;
  outcomes: string[];
  positions: (number | null)[];
}
type Line =
  | { say: number; text: string }
  | { first: number; texts: string[] }
  | { settle: [number, string, string][] }
  | { again: number[] }
  | { last: number; tokens: Record<string, number> }
  | { token: [string, number]; say: number; text: string };

/** A line of events: first in, first out, each numbered once and kept until it is answered. */
export class Spool {
  readonly #path: string;
  readonly #eventsMax: number;
  #file: number;
  #size = 0;
  #last = 0;
  #settledLines = 0;
  #isBroken = false;
  readonly #waiting = new Map<number, string>();
  readonly #refused = new Map<number, Refused>();
  readonly #tokens = new Map<string, number>();

  /** Open the spool, or make it; throws SpoolTaken when another process has it. */
  constructor(path: string, options: { eventsMax?: number } = {}) {
    mkdirSync(dirname(path), { recursive: true });
    this.#path = path;
    this.#eventsMax = options.eventsMax ?? SPOOL_EVENTS_MAX;
    takeLock(`${path}.lock`);
    try {
      this.#file = openSync(path, "a+", 0o600);
      this.#read();
      syncFolder(dirname(path));
    } catch (error) {
      rmSync(`${path}.lock`, { force: true });
      throw error;
    }
  }

  #read(): void {
    const raw = readFileSync(this.#path);
    let at = 0;
    while (at < raw.length) {
      const end = raw.indexOf(10, at);
      const line = end < 0 ? undefined : unpack(raw.subarray(at, end));
      if (line === undefined) {
        // A torn line is the last one; anything after it says that the file was damaged.
        if (end >= 0 && end + 1 < raw.length) throw new SpoolBroken(`${this.#path}: damaged at byte ${at}`);
        ftruncateSync(this.#file, at);
        fsyncSync(this.#file);
        break;
      }
      this.#apply(line);
      at = end + 1;
    }
    this.#size = at;
  }

  #apply(line: Line): void {
    if ("last" in line) {
      this.#last = line.last;
      for (const [key, number] of Object.entries(line.tokens)) this.#tokens.set(key, number);
    } else if ("say" in line) {
      if ("token" in line) this.#tokens.set(...line.token);
      this.#waiting.set(line.say, line.text);
      this.#last = Math.max(this.#last, line.say);
    } else if ("first" in line) {
      line.texts.forEach((text, index) => this.#waiting.set(line.first + index, text));
      this.#last = Math.max(this.#last, line.first + line.texts.length - 1);
    } else if ("settle" in line) {
      for (const [number, outcome, words] of line.settle) {
        const text = this.#waiting.get(number);
        if (text === undefined) continue;
        this.#waiting.delete(number);
        this.#settledLines += 1;
        if (!SETTLED.has(outcome)) this.#refused.set(number, { number, text, outcome, words });
      }
    } else {
      for (const number of line.again) {
        const refused = this.#refused.get(number);
        this.#refused.delete(number);
        if (refused) this.#waiting.set(number, refused.text);
      }
    }
  }

  /** Append a line; it is safe on return. */
  #append(line: Line): void {
    if (this.#isBroken) throw new SpoolBroken(`${this.#path} could not be cut back; open it anew`);
    const raw = Buffer.from(pack(line));
    try {
      for (let done = 0; done < raw.length; ) done += writeSync(this.#file, raw, done);
      fsyncSync(this.#file);
    } catch (error) {
      try {
        // What stands half there must not come back to life later.
        ftruncateSync(this.#file, this.#size);
        fsyncSync(this.#file);
      } catch {
        this.#isBroken = true;
      }
      throw new SpoolFull(`${this.#path} cannot be written: ${String(error)}`, null);
    }
    this.#size += raw.length;
    this.#apply(line);
  }

  #takeRoom(events: number): void {
    if (this.#waiting.size + events > this.#eventsMax) {
      throw new SpoolFull(`${this.#eventsMax} events wait; reach the register first`, this.#eventsMax);
    }
  }

  /** Write events down, all or none, and give their numbers. */
  add(events: readonly TicketEvent[]): number[] {
    this.#takeRoom(events.length);
    const first = this.#last + 1;
    const texts = events.map((event, index) => event.toText(first + index));
    // One line, which is torn as a whole or not at all.
    if (texts.length > 0) this.#append({ first, texts });
    return texts.map((_, index) => first + index);
  }

  /** Give a sale the key's next number and write both down in one step. */
  sell(keyId: string, make: (seq: number) => TicketEvent): number {
    this.#takeRoom(1);
    const seq = (this.#tokens.get(keyId) ?? 0) + 1;
    if (seq > 2 ** 32 - 1) throw new SpoolFull(`key ${keyId} has used up its numbers`, 2 ** 32 - 1);
    const say = this.#last + 1;
    this.#append({ token: [keyId, seq], say, text: make(seq).toText(say) });
    return say;
  }

  nextBatch(eventsMax: number, bytesMax: number = BATCH_BYTES_MAX): Waiting[] {
    const batch: Waiting[] = [];
    let size = 0;
    for (const [number, text] of this.#waiting) {
      size += Buffer.byteLength(text) + 1;
      if (batch.length === eventsMax || (batch.length > 0 && size > bytesMax)) break;
      batch.push({ number, text });
    }
    return batch;
  }

  /** Take answered events out of the line; refused ones are kept aside with their answer. */
  settle(batch: readonly Waiting[], outcomes: readonly string[], words: readonly string[] = [], receipt?: KeptReceipt): void {
    if (receipt) this.#keep(receipt);
    // From here the receipt is kept; a crash before the next line sends the batch again.
    this.#append({ settle: batch.map(({ number }, index) => [number, outcomes[index] as string, words[index] ?? ""]) });
    if (this.#settledLines >= SETTLED_LINES_MAX) this.#writeAnew();
  }

  #keep(receipt: KeptReceipt): void {
    const file = openSync(`${this.#path}.receipts`, "a", 0o600);
    try {
      const raw = Buffer.from(pack(receipt));
      for (let done = 0; done < raw.length; ) done += writeSync(file, raw, done);
      fsyncSync(file);
    } catch (error) {
      throw new SpoolFull(`${this.#path}.receipts cannot be written: ${String(error)}`, null);
    } finally {
      closeSync(file);
    }
  }

  /** Write the file anew without what is settled; the old one stands until the new one is whole. */
  #writeAnew(): void {
    const beside = `${this.#path}.new`;
    const lines: unknown[] = [{ last: this.#last, tokens: Object.fromEntries(this.#tokens) }];
    for (const { number, text, outcome, words } of this.#refused.values()) {
      lines.push({ say: number, text }, { settle: [[number, outcome, words]] });
    }
    for (const [say, text] of this.#waiting) lines.push({ say, text });
    const file = openSync(beside, "w", 0o600);
    try {
      const raw = Buffer.from(lines.map(pack).join(""));
      for (let done = 0; done < raw.length; ) done += writeSync(file, raw, done);
      fsyncSync(file);
      this.#size = raw.length;
    } finally {
      closeSync(file);
    }
    renameSync(beside, this.#path);
    syncFolder(dirname(this.#path));
    closeSync(this.#file);
    this.#file = openSync(this.#path, "a+", 0o600);
    this.#settledLines = 0;
  }

  /** Put refused events back at the end of the line and say how many. */
  tryAgain(outcomes: readonly string[] = []): number {
    const chosen = [...this.#refused.values()].filter(({ outcome }) => outcomes.length === 0 || outcomes.includes(outcome));
    this.#takeRoom(chosen.length);
    if (chosen.length > 0) this.#append({ again: chosen.map(({ number }) => number) });
    return chosen.length;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get lastNumber(): number {
    return this.#last;
  }

  lastToken(keyId: string): number {
    return this.#tokens.get(keyId) ?? 0;
  }

  get refused(): Refused[] {
    return [...this.#refused.values()];
  }

  /** Give the batches that were answered, oldest first. */
  receipts(): KeptReceipt[] {
    const path = `${this.#path}.receipts`;
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => unpack(Buffer.from(line))).filter((each): each is never => each !== undefined);
  }

  close(): void {
    closeSync(this.#file);
    rmSync(`${this.#path}.lock`, { force: true });
  }
}

function checksum(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, 8);
}

function pack(line: unknown): string {
  const json = JSON.stringify(line);
  return `${checksum(json)} ${json}\n`;
}

function unpack(raw: Uint8Array): Line | undefined {
  const text = Buffer.from(raw).toString("utf8");
  const json = text.slice(9);
  if (text[8] !== " " || text.slice(0, 8) !== checksum(json)) return undefined;
  return JSON.parse(json) as Line;
}

/** Take a lock file; one whose process is gone is broken, by one process at a time. */
function takeLock(path: string): void {
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, owner(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    breakDeadLock(path);
  }
  throw new SpoolTaken(`${path} is held by another process`);
}

function breakDeadLock(path: string): void {
  const breaking = `${path}.breaking`;
  try {
    mkdirSync(breaking);
  } catch {
    const since = existsSync(breaking) ? statSync(breaking).mtimeMs : Date.now();
    if (Date.now() - since > BREAKING_MAX_MS) rmdirSync(breaking);
    return;
  }
  try {
    const held = existsSync(path) ? readFileSync(path, "utf8") : "";
    const pid = Number(held.split(" ")[0]);
    // Empty: its process died between making the file and writing its name.
    const isDead = held === "" || owner(pid) !== held;
    if (isDead && existsSync(path)) unlinkSync(path);
  } finally {
    rmdirSync(breaking);
  }
}

/** Name a process so that another one with its number is not taken for it; "" when it is gone. */
function owner(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "";
  }
  try {
    // Linux: the instant at which the process began.
    const began = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
    return `${pid} ${began ?? ""}`;
  } catch {
    return `${pid} `;
  }
}
