/** Receipts: the register's signed word about a batch, which anybody can check without it. */

import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";

import { noteKeyId } from "./keys.js";

export const RECEIPT_BYTES_MAX = 10_000;
const SPKI_OF_ED25519 = Buffer.from("302a300506032b6570032100", "hex");
const SETTLED = new Set(["entered", "already_entered"]);

export class ReceiptWrong extends Error {}

export interface Receipt {
  batchSha256: string;
  first: number;
  count: number;
  receivedAt: string;
}

/** The public key of a register's receipts, as `GET /keys` lists it under kind receipt. */
export class RegisterKey {
  readonly name: string;
  readonly #id: Buffer;
  readonly #key: KeyObject;

  constructor(name: string, publicKey: Uint8Array) {
    this.name = name;
    this.#id = noteKeyId(name, publicKey);
    this.#key = createPublicKey({ key: Buffer.concat([SPKI_OF_ED25519, publicKey]), format: "der", type: "spki" });
  }

  /** Read a key such as name+0a1b2c3d+base64. */
  static read(vkey: string): RegisterKey {
    const [name = "", identity = "", ...rest] = vkey.split("+");
    const raw = decode(rest.join("+"));
    const publicKey = raw.subarray(1);
    if (raw[0] !== 1 || publicKey.length !== 32 || identity !== noteKeyId(name, publicKey).toString("hex")) {
      throw new ReceiptWrong(`${vkey.slice(0, 200)} is no Ed25519 key such as name+0a1b2c3d+base64`);
    }
    return new RegisterKey(name, publicKey);
  }

  /** Give what a receipt says once its signature fits. */
  open(note: string): Receipt {
    const end = note.lastIndexOf("\n\n");
    if (end < 0 || Buffer.byteLength(note) > RECEIPT_BYTES_MAX) {
      throw new ReceiptWrong("a receipt is a text, an empty line and a signature");
    }
    const text = note.slice(0, end + 1);
    for (const line of note.slice(end + 2).split("\n")) {
      if (!line.startsWith(`\u2014 ${this.name} `)) continue;
      const raw = decode(line.slice(this.name.length + 3));
      if (!raw.subarray(0, 4).equals(this.#id)) continue;
      if (!verify(null, Buffer.from(text), this.#key, raw.subarray(4))) {
        throw new ReceiptWrong(`the signature of ${this.name} does not fit`);
      }
      return says(text);
    }
    throw new ReceiptWrong(`it is not signed by ${this.name}`);
  }

  /** Give a receipt once it says of this body what the answer says. */
  verify(note: string, body: Uint8Array, outcomes: readonly string[], positions: readonly (number | null)[]): Receipt {
    const receipt = this.open(note);
    if (receipt.batchSha256 !== createHash("sha256").update(body).digest("hex")) {
      throw new ReceiptWrong("the receipt is about another batch");
    }
    outcomes.forEach((outcome, index) => {
      if (SETTLED.has(outcome) !== Number.isInteger(positions[index])) {
        throw new ReceiptWrong(`an event is ${outcome} at position ${String(positions[index])}`);
      }
    });
    const [first, count] = expectedRun(outcomes, positions);
    if (receipt.count !== count || (count > 0 && receipt.first !== first)) {
      throw new ReceiptWrong(`the receipt says ${receipt.count} from ${receipt.first}, the answer ${count} from ${first}`);
    }
    return receipt;
  }
}

/** Give [first, count] that the receipt of such an answer speaks of. */
export function expectedRun(outcomes: readonly string[], positions: readonly (number | null)[]): [number, number] {
  const entered = positions.filter((place, index): place is number => place !== null && outcomes[index] === "entered");
  const held = new Set(entered.length > 0 ? entered : positions.filter((place): place is number => place !== null));
  const least = Math.min(...held);
  if (held.size === 0 || (entered.length === 0 && Math.max(...held) - least + 1 !== held.size)) return [0, 0];
  return [least, held.size];
}

function says(text: string): Receipt {
  const lines = text.split("\n");
  const [header, batchSha256 = "", first = "", count = "", receivedAt = ""] = lines;
  if (lines.length !== 6 || header !== "ekino-receipt-v1" || !/^\d+$/.test(first) || !/^\d+$/.test(count)) {
    throw new ReceiptWrong("it is signed, and it is no receipt of a batch");
  }
  return { batchSha256, first: Number(first), count: Number(count), receivedAt };
}

function decode(text: string): Buffer {
  const raw = Buffer.from(text, "base64");
  if (raw.toString("base64") !== text) throw new ReceiptWrong("it is not base64");
  return raw;
}
