/** The till: says what happened, at once; sends it when the register can be reached, in order. */

import { createHash } from "node:crypto";

import { BatchRefused, type Client, NotAnswered, RefusedByRegister } from "./client.js";
import { TicketEvent, type Fields } from "./events.js";
import type { Key } from "./keys.js";
import { ReceiptWrong, type RegisterKey } from "./receipts.js";
import { pauseS } from "./retry.js";
import type { Spool, Waiting } from "./spool.js";
import { base32, makeToken, newTicketId, type Ticket } from "./token.js";

export const BATCH_EVENTS_MAX = 1_000;
const WORDS_CHARACTERS_MAX = 2_000;
const OUTCOME = /^[a-z][a-z_]{0,63}$/;

// The register misses a source that it has not heard for 12 minutes: one report may be lost on the
// way, and the next is still in time.
export const REPORT_EVERY_S = 300;
// A report that was not answered is made anew after this, and not at every look at the line.
export const REPORT_AGAIN_S = 60;
// Between two looks at an empty spool.
const FOLLOW_S = 1;

export type Drained = Map<string, number>;

/** Who speaks in reports, as people would name it to support. */
export interface Software {
  product: string;
  version: string;
}
/** What a venue's day came to by the sender's own books; `is_final` is its last word. */
export interface DeclaredDay {
  venue: string;
  business_date: string;
  is_final: boolean;
  tickets: number;
  gross_minor: number;
  refunds?: number;
}
/** What the register answers: what never came, and each day beside its own figures. */
export interface ReportAnswer {
  recorded_at: string;
  register_size: number;
  clock_ahead_s: number;
  missing: { first: number; last: number; venue: string }[];
  days: { venue: string; business_date: string; state: "equal" | "differs" | "not_final" }[];
}
export interface Reporting {
  software: Software;
  /** Gives what the last days came to; no more than 40. */
  days?: () => readonly DeclaredDay[];
  /** Told each answer, or why there was none: sales never wait for a report. */
  told?: (answer: ReportAnswer | undefined, trouble: string) => void;
}

/** One spool and one client: `say` returns when the event is on disk, `drain` sends. */
export class Till {
  #batchNow: number;
  readonly #batchEvents: number;
  #sending: Promise<unknown> = Promise.resolve();
  #reportDueAt = 0;

  /** With the register's key an event leaves the line only against a signed receipt. */
  constructor(
    readonly spool: Spool,
    readonly client: Client,
    readonly registerKey?: RegisterKey,
    batchEvents: number = BATCH_EVENTS_MAX,
  ) {
    this.#batchEvents = batchEvents;
    this.#batchNow = batchEvents;
  }

  say(...events: TicketEvent[]): number[] {
    return this.spool.add(events);
  }

  /** Sell a ticket without a network and give its token, to be printed. */
  sell(key: Key, ticket: Ticket, fields: Fields): Buffer {
    const ticketId = ticket.ticketId ?? newTicketId();
    let token: Buffer = Buffer.alloc(0);
    this.spool.sell(key.keyId, (seq) => {
      token = makeToken(key, { ...ticket, ticketId }, seq);
      return TicketEvent.of("sold", {
        ticket: base32(ticketId),
        happened_at: new Date(ticket.issued * 1000),
        price_minor: ticket.priceMinor,
        ...fields,
        token: base32(token),
      });
    });
    return token;
  }

  /** Send the first batch in the line; false when nothing waits. One batch at a time. */
  sendOnce(drained: Drained): Promise<boolean> {
    const next = this.#sending.then(() => this.#sendFirst(drained));
    this.#sending = next.catch(() => undefined);
    return next;
  }

  async #sendFirst(drained: Drained): Promise<boolean> {
    const batch = this.spool.nextBatch(this.#batchNow);
    if (batch.length === 0) return false;
    try {
      await this.#send(batch, drained);
    } catch (error) {
      if (!(error instanceof BatchRefused)) throw error;
      if (batch.length > 1) {
        this.#batchNow = Math.floor(batch.length / 2);
        return true;
      }
      // It cannot be read even alone: kept aside, so that it holds up nobody.
      this.spool.settle(batch, [error.code], [error.words]);
      count(drained, error.code);
    }
    this.#batchNow = Math.min(this.#batchNow * 2, this.#batchEvents);
    return true;
  }

  async #send(batch: Waiting[], drained: Drained): Promise<void> {
    const body = batchBody(batch.map(({ text }) => text));
    const answer = await this.client.send(Buffer.from(body));
    const outcomes = answer["outcomes"];
    const digest = createHash("sha256").update(body).digest("hex");
    if (!isOutcomes(outcomes, batch.length) || answer["batch_sha256"] !== digest) {
      throw new NotAnswered("the answer is not about the batch that was sent");
    }
    const told = answer["positions"];
    const positions = Array.isArray(told) && told.length === batch.length ? (told as (number | null)[]) : batch.map(() => null);
    const receipt = typeof answer["receipt"] === "string" ? answer["receipt"] : "";
    if (this.registerKey) {
      try {
        this.registerKey.verify(receipt, Buffer.from(body), outcomes, positions);
      } catch (error) {
        if (!(error instanceof ReceiptWrong)) throw error;
        throw new NotAnswered(`the answer's receipt proves nothing: ${error.message}`, 0, "receipt_wrong");
      }
    }
    const words = problemsOf(answer["problems"], outcomes.length);
    this.spool.settle(batch, outcomes, words, receipt ? { body, receipt, outcomes, positions } : undefined);
    for (const outcome of outcomes) count(drained, outcome);
  }

  /** Send until nothing waits, pausing longer and longer while the register is away. */
  async drain(options: { signal?: AbortSignal; giveUpAfterS?: number } = {}): Promise<Drained> {
    const drained: Drained = new Map();
    let tries = 0;
    let answeredAt = performance.now();
    while (!options.signal?.aborted) {
      try {
        if (!(await this.sendOnce(drained))) break;
        tries = 0;
        answeredAt = performance.now();
      } catch (error) {
        if (!(error instanceof NotAnswered)) throw error;
        tries += 1;
        const leftS = (options.giveUpAfterS ?? Infinity) - (performance.now() - answeredAt) / 1000;
        if (leftS <= 0) throw error;
        await pause(Math.min(pauseS(tries, error.retryAfterS, Math.random()), leftS), options.signal);
      }
    }
    return drained;
  }

  /** Say how the till is and what its days came to; the answer says what the register lacks. */
  async report(software: Software, days: readonly DeclaredDay[] = [], restingUntil?: Date): Promise<ReportAnswer> {
    const body = {
      software,
      sent_at: new Date(this.client.nowS() * 1000).toISOString(),
      waiting_events: this.spool.waiting,
      oldest_waiting_at: this.#oldestWaitingAt(),
      next_sequence: this.spool.lastNumber + 1,
      days,
      ...(restingUntil ? { resting_until: restingUntil.toISOString() } : {}),
    };
    this.#reportDueAt = performance.now() + REPORT_AGAIN_S * 1000;
    const answer = await this.client.post("/v1/feeds/report", JSON.stringify(body));
    this.#reportDueAt = performance.now() + REPORT_EVERY_S * 1000;
    return answer as unknown as ReportAnswer;
  }

  #oldestWaitingAt(): string | null {
    const [oldest] = this.spool.nextBatch(1);
    return oldest ? (JSON.parse(oldest.text) as { happened_at: string }).happened_at : null;
  }

  /** Send whatever is said until `signal`; report at once, every five minutes, and at the end. */
  async follow(reporting: Reporting, signal: AbortSignal): Promise<Drained> {
    const drained: Drained = new Map();
    while (!signal.aborted) {
      for (const [outcome, events] of await this.drain({ signal })) drained.set(outcome, (drained.get(outcome) ?? 0) + events);
      if (performance.now() >= this.#reportDueAt) await this.#reportAnyhow(reporting);
      await pause(FOLLOW_S, signal);
    }
    await this.#reportAnyhow(reporting);
    return drained;
  }

  async #reportAnyhow({ software, days, told }: Reporting): Promise<void> {
    try {
      const answer = await this.report(software, days?.() ?? []);
      told?.(answer, "");
    } catch (error) {
      if (!(error instanceof NotAnswered || error instanceof RefusedByRegister)) throw error;
      told?.(undefined, error.message);
    }
  }
}

/** Write the batch from the events' own bytes, so that the same events are the same bytes. */
export function batchBody(events: readonly string[]): string {
  return `{"events":[${events.join(",")}]}`;
}

function isOutcomes(value: unknown, size: number): value is string[] {
  return Array.isArray(value) && value.length === size && value.every((each) => typeof each === "string" && OUTCOME.test(each));
}

function problemsOf(problems: unknown, size: number): string[] {
  const words = Array.from({ length: size }, () => "");
  for (const problem of Array.isArray(problems) ? problems : []) {
    const index = (problem as { index?: unknown } | null)?.index;
    if (typeof index === "number" && index in words) words[index] = JSON.stringify(problem).slice(0, WORDS_CHARACTERS_MAX);
  }
  return words;
}

function count(drained: Drained, outcome: string): void {
  drained.set(outcome, (drained.get(outcome) ?? 0) + 1);
}

function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // One that is aborted already tells nobody any more.
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
