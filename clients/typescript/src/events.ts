/** Ticket events: made and checked at the till, before anything is written down or sent. */

export const CODE_CHARACTERS_MAX = 64;
export const AMOUNT_MINOR_MAX = 1_000_000_000_000;
export const CAPACITY_MAX = 1_000_000;
export const PRICES_MAX = 40;
export const TOKEN_CHARACTERS = 167;
export const SALES_CHANNELS = ["box_office", "web", "app", "kiosk", "agent"] as const;
export const PAYMENTS = ["cash", "card", "transfer", "voucher", "mobile", "other"] as const;

const SEAT = ["section", "row", "seat"];
const WHO = ["operator", "till"];
const ALWAYS = ["venue", "showing", "happened_at"];
const REQUIRED: Record<string, readonly string[]> = {
  sold: ["ticket", "price_minor", "sales_channel"],
  refunded: ["ticket", "price_minor"],
  voided: ["ticket"],
  corrected: ["ticket", "price_minor", "reason"],
  admitted: ["ticket"],
  showing_announced: ["hall", "film_version", "starts_at"],
  showing_moved: [],
  showing_cancelled: [],
};
// The register refuses a field that it does not know, and then the ticket is sold already.
const ALLOWED: Record<string, readonly string[]> = {
  sold: ["fee_minor", "discount_minor", "concession", "payment", "fiscal_receipt", "season_ticket", "token", ...SEAT, ...WHO],
  refunded: ["fee_minor", "reason", "fiscal_receipt", ...WHO],
  voided: ["reason", ...WHO],
  corrected: ["fee_minor", "discount_minor", "concession", ...SEAT, ...WHO],
  admitted: ["gate"],
  showing_announced: ["format", "capacity", "prices"],
  showing_moved: ["starts_at", "hall", "capacity"],
  showing_cancelled: ["reason"],
};
const CODES = new Set(["ticket", "venue", "showing", "hall", "film_version"]);
const AMOUNTS = new Set(["price_minor", "fee_minor", "discount_minor", "total_minor"]);
const INSTANTS = new Set(["happened_at", "starts_at", "issued_at"]);
const WORDS: Record<string, readonly string[]> = { sales_channel: SALES_CHANNELS, payment: PAYMENTS };
const INSTANT = /^(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/;
// What cannot be printed: controls, lone surrogates, what is not assigned, separators but the space.
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

export type Fields = Record<string, unknown>;

export class EventMalformed extends RangeError {
  constructor(
    readonly field: string,
    readonly reason: string,
    readonly fix: string,
  ) {
    super(`${field}: ${reason}. ${fix}`);
  }
}

/** One fact about one ticket or showing; the spool gives it its number. */
export class TicketEvent {
  private constructor(
    readonly kind: string,
    readonly fields: Readonly<Fields>,
  ) {}

  /** Make an event; amounts are whole minor units, instants have an offset. Throws EventMalformed. */
  static of(kind: string, fields: Fields): TicketEvent {
    const required = REQUIRED[kind];
    const allowed = ALLOWED[kind];
    if (!required || !allowed) {
      throw new EventMalformed("kind", `${kind} is none`, `Use ${Object.keys(REQUIRED).join(", ")}`);
    }
    for (const name of [...ALWAYS, ...required]) {
      if (!(name in fields)) throw new EventMalformed(name, `a ${kind} event has none`, "Give it");
    }
    const plain: Fields = {};
    for (const name of [...ALWAYS, ...Object.keys(fields).filter((each) => !ALWAYS.includes(each))]) {
      if (![...ALWAYS, ...required, ...allowed].includes(name)) {
        throw new EventMalformed(name, `a ${kind} event has no such field`, "Leave it out");
      }
      plain[name] = checked(name, fields[name]);
    }
    if (kind === "corrected" && plain["reason"] === "") {
      throw new EventMalformed("reason", "it is empty", "Say why");
    }
    return new TicketEvent(kind, plain);
  }

  /** Write the event as it is sent: compact JSON, always in the same order. */
  toText(sequence: number): string {
    return JSON.stringify({ kind: this.kind, sequence, ...this.fields });
  }
}

function checked(name: string, value: unknown): unknown {
  if (INSTANTS.has(name)) return instant(name, value);
  if (AMOUNTS.has(name)) return amount(name, value, AMOUNT_MINOR_MAX);
  if (name === "capacity") return amount(name, value, CAPACITY_MAX);
  if (name === "prices") return prices(value);
  if (name === "fiscal_receipt") return fiscalReceipt(value);
  if (name === "token") return token(value);
  return text(name, value, CODES.has(name));
}

function instant(name: string, value: unknown): string {
  const written = value instanceof Date ? value.toISOString() : value;
  const year = typeof written === "string" ? INSTANT.exec(written)?.[1] : undefined;
  if (year === undefined || Number.isNaN(Date.parse(written as string))) {
    throw new EventMalformed(name, `${String(value)} has no offset`, "Give 2026-11-26T19:30:00+05:00 or a Date");
  }
  // A clock that lost its battery starts at 1970.
  if (Number(year) < 2000) throw new EventMalformed(name, `it is the year ${year}`, "Set the till's clock");
  return written as string;
}

function amount(name: string, value: unknown, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) {
    throw new EventMalformed(name, `${String(value)} is not 0 … ${most}`, "Give whole minor units, such as 150000");
  }
  return value;
}

function text(name: string, value: unknown, isCode: boolean): string {
  if (typeof value !== "string") throw new EventMalformed(name, `${String(value)} is no text`, "Give a text");
  if ([...value].length > CODE_CHARACTERS_MAX || (isCode && value === "")) {
    throw new EventMalformed(name, `it has not 1 … ${CODE_CHARACTERS_MAX} characters`, "Shorten it");
  }
  if (UNPRINTABLE.test(value.replaceAll(" ", ""))) {
    throw new EventMalformed(name, "it holds what cannot be printed", "Remove the character");
  }
  const words = WORDS[name];
  if (words && !words.includes(value)) throw new EventMalformed(name, `${value} is none`, `Use ${words.join(", ")}`);
  return value;
}

function members(name: string, value: unknown): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new EventMalformed(name, "it is no object", "Give one");
  }
  return Object.entries(value);
}

function prices(value: unknown): Record<string, number> {
  const all = members("prices", value);
  if (all.length > PRICES_MAX) throw new EventMalformed("prices", `more than ${PRICES_MAX} names`, "Name fewer");
  return Object.fromEntries(all.map(([name, each]) => [text("prices", name, true), amount("prices", each, AMOUNT_MINOR_MAX)]));
}

function fiscalReceipt(value: unknown): Fields {
  const all = members("fiscal_receipt", value);
  const names = all.map(([name]) => name);
  const known = ["register", "number", "issued_at", "total_minor"];
  if (!names.includes("register") || !names.includes("number") || names.some((each) => !known.includes(each))) {
    throw new EventMalformed("fiscal_receipt", "it wants register and number", `Give ${known.join(", ")}`);
  }
  return Object.fromEntries(
    all.map(([name, each]) => [name, INSTANTS.has(name) || AMOUNTS.has(name) ? checked(name, each) : text(name, each, true)]),
  );
}

function token(value: unknown): string {
  if (typeof value !== "string" || !(value === "" || /^[A-Z2-7]{167}$/i.test(value))) {
    throw new EventMalformed("token", `it has not ${TOKEN_CHARACTERS} characters of base32`, "Make it with makeToken");
  }
  return value;
}
