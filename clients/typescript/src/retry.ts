/** What an answer means for whoever sent: settled, sign again, send less, come back, refused. */

export const FIRST_PAUSE_S = 0.2;
export const PAUSE_MAX_S = 60;
// Whoever asks us to stay away longer is asked again all the same.
export const RETRY_AFTER_MAX_S = 3_600;
const COME_BACK = new Set([408, 425, 429]);
const SIGN_AGAIN = new Set(["created_out_of_window", "nonce_used"]);
const SEND_LESS = new Set(["batch_has_too_many_events", "batch_is_malformed", "body_is_malformed", "body_too_large"]);

export type Meaning = "answered" | "sign_again" | "send_less" | "come_back" | "refused";

export interface Answer {
  meaning: Meaning;
  http: number;
  /** The register's stable code; "" when the register said none, or was not the one that spoke. */
  code: string;
  words: string;
  retryAfterS: number;
  members: Record<string, unknown>;
}

/** Say what an answer means; only a JSON object is the register's own word. */
export function readAnswer(http: number, header: (name: string) => string | null, body: string, nowS: number): Answer {
  const whole = readMembers(body);
  const code = whole && typeof whole["code"] === "string" ? whole["code"] : "";
  const retryAfterS = readSeconds(header("retry-after") ?? "", nowS);
  let meaning: Meaning;
  if (http >= 200 && http < 300) meaning = whole ? "answered" : "come_back";
  else if (http < 400 || http >= 500 || COME_BACK.has(http) || code === "") meaning = "come_back";
  else if (SIGN_AGAIN.has(code)) meaning = "sign_again";
  else meaning = SEND_LESS.has(code) ? "send_less" : "refused";
  const detail = whole?.["detail"];
  const words = typeof detail === "string" ? detail : body.slice(0, 200);
  return { meaning, http, code, words, retryAfterS, members: whole ?? {} };
}

/** Give the seconds to wait after `tries` attempts without an answer; `dice` is 0 … 1. */
export function pauseS(tries: number, retryAfterS: number, dice: number): number {
  const widest = Math.min(FIRST_PAUSE_S * 2 ** Math.min(tries - 1, 9), PAUSE_MAX_S);
  return retryAfterS + dice * widest;
}

/** Read a Retry-After, which may be seconds or an HTTP date; 0 when it is neither. */
export function readSeconds(header: string, nowS: number): number {
  const text = header.trim();
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  const wanted = /^[0-9]+$/.test(text) ? Number(text) : Number.isNaN(date) ? 0 : date - nowS;
  return Math.min(Math.max(wanted, 0), RETRY_AFTER_MAX_S);
}

function readMembers(body: string): Record<string, unknown> | undefined {
  try {
    const whole: unknown = JSON.parse(body);
    if (typeof whole === "object" && whole !== null && !Array.isArray(whole)) return whole as Record<string, unknown>;
  } catch {
    return undefined;
  }
  return undefined;
}
