/** The kit a ticketing system embeds: keys, events, a durable spool, signed batches. */

export { BatchRefused, Client, NotAnswered, RefusedByRegister } from "./client.js";
export { EventMalformed, TicketEvent } from "./events.js";
export { Key, noteKeyId } from "./keys.js";
export { type Receipt, ReceiptWrong, RegisterKey } from "./receipts.js";
export { type Answer, type Meaning, pauseS, readAnswer } from "./retry.js";
export { contentDigest, readAddress, signatureBase, signedHeaders } from "./signature.js";
export { type KeptReceipt, Spool, SpoolBroken, SpoolFull, SpoolTaken } from "./spool.js";
export { batchBody, type DeclaredDay, REPORT_EVERY_S, type ReportAnswer, type Reporting, type Software, Till } from "./till.js";
export { base32, makeToken, shortId, type Ticket, tokenUrl } from "./token.js";
