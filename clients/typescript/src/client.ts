/** The client: one signed request at a time, answered or said not to be. */

import { randomBytes } from "node:crypto";

import type { Key } from "./keys.js";
import { type Answer, readAnswer } from "./retry.js";
import { readAddress, signedHeaders } from "./signature.js";

export const REQUEST_TIMEOUT_S = 120;
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
// A till's clock that is off by more than this is corrected by the register's Date.
export const CLOCK_SKEW_MAX_S = 30;

/** No answer came, or the register asks to come back: sending again is always safe. */
export class NotAnswered extends Error {
  constructor(
    words: string,
    readonly retryAfterS = 0,
    readonly code = "",
  ) {
    super(words);
  }
}
/** The register refused the request as a whole; asking again changes nothing. */
export class RefusedByRegister extends Error {
  constructor(
    readonly code: string,
    readonly words: string,
  ) {
    super(`${code}: ${words}`);
  }
}
/** Something in the batch cannot be read: sent in halves, the rest of it can. */
export class BatchRefused extends RefusedByRegister {}

export class Client {
  clockAheadS = 0;
  readonly #address: string;
  readonly #key: Key;
  readonly #clock: () => number;

  /** Name the register's address and the key; `clock` gives Unix seconds. */
  constructor(address: string, key: Key, clock: () => number = () => Date.now() / 1000) {
    this.#address = readAddress(address);
    this.#key = key;
    this.#clock = clock;
  }

  /** Give Unix seconds by the register's clock, as far as it is known. */
  nowS(): number {
    return this.#clock() - this.clockAheadS;
  }

  send(body: Uint8Array): Promise<Record<string, unknown>> {
    return this.post("/v1/batches", body);
  }

  post(path: string, body: Uint8Array | string): Promise<Record<string, unknown>> {
    return this.#ask("POST", path, Buffer.from(body));
  }

  get(path: string): Promise<Record<string, unknown>> {
    return this.#ask("GET", path, Buffer.alloc(0));
  }

  /** Register this client's own key by a one-time code from /dev/keys. */
  enrol(code: string): Promise<Record<string, unknown>> {
    return this.post("/v1/keys", JSON.stringify({ key_id: this.#key.keyId, public_key: this.#key.publicText, code }));
  }

  /** Let another key take the place of this client's; both are taken for a week, or `overlapS`. */
  replaceBy(key: Key, overlapS?: number): Promise<Record<string, unknown>> {
    const named = { key_id: key.keyId, public_key: key.publicText, replaces: this.#key.keyId, signature: key.proof };
    return this.post("/v1/keys", JSON.stringify(overlapS === undefined ? named : { ...named, overlap_s: overlapS }));
  }

  async #ask(method: string, path: string, body: Buffer): Promise<Record<string, unknown>> {
    let answer = await this.#once(method, path, body);
    // Signed by a wrong clock: the answer has told us the right one.
    if (answer.meaning === "sign_again") answer = await this.#once(method, path, body);
    const words = `${answer.code || answer.http}: ${answer.words}`;
    switch (answer.meaning) {
      case "answered":
        return answer.members;
      case "send_less":
        throw new BatchRefused(answer.code, answer.words);
      case "refused":
        throw new RefusedByRegister(answer.code, answer.words);
      default:
        throw new NotAnswered(words, answer.retryAfterS, answer.code);
    }
  }

  async #once(method: string, path: string, body: Buffer): Promise<Answer> {
    const uri = this.#address + path;
    const created = Math.floor(this.nowS());
    const nonce = randomBytes(12).toString("base64url");
    const headers = signedHeaders(this.#key, { method, uri, body, created, nonce });
    const beganS = this.#clock();
    let response: Response;
    let text: string;
    try {
      response = await fetch(uri, {
        method,
        headers: { ...headers, Accept: "application/json" },
        ...(method === "GET" ? {} : { body: new Uint8Array(body) }),
        // A redirect would be signed for another address.
        redirect: "manual",
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_S * 1000),
      });
      text = await readBounded(response);
    } catch (error) {
      const cause = error instanceof Error && error.cause ? ` (${String(error.cause)})` : "";
      throw new NotAnswered(`${String(error)}${cause}`);
    }
    const endedS = this.#clock();
    const answer = readAnswer(response.status, (name) => response.headers.get(name), text, endedS);
    // A portal's clock is nobody's: only an answer of the register teaches.
    if (Object.keys(answer.members).length > 0) this.#learnClock(response.headers.get("date"), (beganS + endedS) / 2);
    return answer;
  }

  #learnClock(date: string | null, atS: number): void {
    const registerS = Date.parse(date ?? "") / 1000;
    if (Number.isNaN(registerS)) return;
    const aheadS = atS - registerS;
    this.clockAheadS = Math.abs(aheadS) > CLOCK_SKEW_MAX_S ? aheadS : 0;
  }
}

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > ANSWER_BYTES_MAX) throw new Error(`the answer is over ${ANSWER_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
