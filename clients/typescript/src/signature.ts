/** Signed requests: the register's profile of RFC 9421, byte by byte. */

import { createHash } from "node:crypto";

import type { Key } from "./keys.js";

const COMPONENTS = '("@method" "@target-uri" "content-digest" "content-type")';
const TAG = "ekino-ingest";

export interface SignedRequest {
  method: string;
  uri: string;
  body: Uint8Array;
  /** Unix seconds. */
  created: number;
  /** New for every request, also when the same body is sent again. */
  nonce: string;
  contentType?: string;
}

export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

export function signatureParameters(keyId: string, created: number, nonce: string): string {
  return `${COMPONENTS};created=${created};keyid="${keyId}";alg="ed25519";nonce="${nonce}";tag="${TAG}"`;
}

/** Give the five lines that are signed: LF between them, none at the end. */
export function signatureBase(keyId: string, request: SignedRequest): string {
  const type = request.contentType ?? "application/json";
  return [
    `"@method": ${request.method}`,
    `"@target-uri": ${request.uri}`,
    `"content-digest": ${contentDigest(request.body)}`,
    `"content-type": ${type}`,
    `"@signature-params": ${signatureParameters(keyId, request.created, request.nonce)}`,
  ].join("\n");
}

/** Give the four headers that prove who sent a body. */
export function signedHeaders(key: Key, request: SignedRequest): Record<string, string> {
  const signature = key.sign(signatureBase(key.keyId, request)).toString("base64");
  return {
    "Content-Type": request.contentType ?? "application/json",
    "Content-Digest": contentDigest(request.body),
    "Signature-Input": `ekino=${signatureParameters(key.keyId, request.created, request.nonce)}`,
    Signature: `ekino=:${signature}:`,
  };
}

/** Give the address before /v1 in the one spelling that both sides sign; throws RangeError. */
export function readAddress(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new RangeError(`${address} is no address such as https://ekino.example`);
  }
  if (!["http:", "https:"].includes(url.protocol) || url.hostname === "") {
    throw new RangeError(`${address} is no address such as https://ekino.example`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new RangeError(`${address} holds more than a host and a path`);
  }
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}
