/** Ticket token v1: the 104 signed bytes in a ticket's QR code, made without a network. */

import { randomBytes } from "node:crypto";

import { type Key, noteKeyId } from "./keys.js";

export const TICKET_ID_BYTES = 12;
export const TOKEN_BYTES = 104;
export const URL_PREFIX = "HTTPS://EKINO.KZ/T/";
export const URL_PREFIX_CHARACTERS_MAX = 54;
const DOMAIN = Buffer.from("ekino-ticket-v1\n");
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const [FREE, CONCESSION, SOLD_ONLINE] = [1, 2, 4];

export interface Ticket {
  /** The hall's number as the register lists it under /v1/catalog/halls. */
  hall: number;
  /** Unix seconds: when the showing starts, and when the ticket was issued. */
  start: number;
  issued: number;
  priceMinor: number;
  place?: number;
  isConcession?: boolean;
  isSoldOnline?: boolean;
  ticketId?: Uint8Array;
}

/** Sign a ticket as number `seq` of this key; numbers begin at 1, without a gap. */
export function makeToken(key: Key, ticket: Ticket, seq: number): Buffer {
  const id = ticket.ticketId ?? newTicketId();
  if (id.length !== TICKET_ID_BYTES) throw new RangeError(`ticketId has ${TICKET_ID_BYTES} bytes, not ${id.length}`);
  const body = Buffer.alloc(40);
  body.writeUInt8(1, 0);
  noteKeyId(key.keyId, key.publicBytes).copy(body, 1);
  Buffer.from(id).copy(body, 5);
  // Buffer refuses what does not fit its bytes, and writes 1.5 as 1.
  for (const [name, value, offset] of [
    ["seq", seq, 17],
    ["hall", ticket.hall, 21],
    ["start", ticket.start, 25],
    ["priceMinor", ticket.priceMinor, 29],
    ["issued", ticket.issued, 35],
  ] as const) {
    if (!Number.isInteger(value) || (name === "seq" && value < 1)) throw new RangeError(`${name}: ${value}`);
    body.writeUInt32BE(value, offset);
  }
  body.writeUInt16BE(ticket.place ?? 0, 33);
  const free = ticket.priceMinor === 0 ? FREE : 0;
  body.writeUInt8(free | (ticket.isConcession ? CONCESSION : 0) | (ticket.isSoldOnline ? SOLD_ONLINE : 0), 39);
  return Buffer.concat([body, key.sign(Buffer.concat([DOMAIN, body]))]);
}

export function newTicketId(): Buffer {
  return randomBytes(TICKET_ID_BYTES);
}

/** Write bytes in base32 without padding: 167 characters of a token, 20 of a ticket's id. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >> bits) & 31];
    }
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

/** Give the address that the QR code holds; the prefix ends before the token. */
export function tokenUrl(token: Uint8Array, prefix: string = URL_PREFIX): string {
  if (prefix.length > URL_PREFIX_CHARACTERS_MAX) {
    throw new RangeError(`${prefix} has more than ${URL_PREFIX_CHARACTERS_MAX} characters`);
  }
  return prefix.toUpperCase() + base32(token);
}

/** Write a ticket's id as people read it aloud: XXXXX-XXXXX-XXXXX-XXXXX. */
export function shortId(ticketId: Uint8Array): string {
  return (base32(ticketId).match(/.{5}/g) ?? []).join("-");
}
