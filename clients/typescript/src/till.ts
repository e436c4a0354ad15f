/** The till: says what happened, at once; sends it when the register can be reached, in order. */

import { createHash } from "node:crypto";

import { BatchRefused, type Client, NotAnswered } from "./client.js";
import { TicketEvent, type Fields } from "./events.js";
import type { Key } from "./keys.js";
import { ReceiptWrong, type RegisterKey } from "./receipts.js";
import { pauseS } from "./retry.js";
import type { Spool, Waiting } from "./spool.js";
import { base32, makeToken, newTicketId, type Ticket } from "./token.js";

export const BATCH_EVENTS_MAX = 1_000;
const WORDS_CHARACTERS_MAX = 2_000;
const OUTCOME = /^[a-z][a-z_]{0,63}$/;

export type Drained = Map<string, number>;

/** One spool and one client: `say` returns when the event is on disk, `drain` sends. */
export class Till {
  #batchNow: number;
  readonly #batchEvents: number;
  #sending: Promise<unknown> = Promise.resolve();

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
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
