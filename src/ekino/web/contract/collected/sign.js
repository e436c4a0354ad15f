// Signs a request for e-Kino (RFC 9421, Ed25519) in plain JavaScript: no package, no file, no network.
// No division and no pattern between slashes: Bruno takes what follows one for a comment or worse.
// For small bodies by hand; programs use the libraries of their own language.
const bytesOf = (text) => Array.from(unescape(encodeURIComponent(text)), (each) => each.charCodeAt(0));
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at] << 16) | ((bytes[at + 1] || 0) << 8) | (bytes[at + 2] || 0);
    for (let place = 0; place < 4; place++) {
      text += at + place > bytes.length ? "=" : LETTERS[(three >> (18 - 6 * place)) & 63];
    }
  }
  return text;
}

function fromBase64(text) {
  const bits = Array.from(text.replace(new RegExp("[^A-Za-z0-9+/]", "g"), ""), (each) => LETTERS.indexOf(each));
  const bytes = [];
  for (let at = 0; at + 1 < bits.length; at += 4) {
    const four = (bits[at] << 18) | (bits[at + 1] << 12) | ((bits[at + 2] || 0) << 6) | (bits[at + 3] || 0);
    bytes.push(four >> 16, (four >> 8) & 255, four & 255);
  }
  return bytes.slice(0, (bits.length * 3) >> 2);
}

// SHA-2 (FIPS 180-4). Its constants are the first bits of roots of primes, so they are worked out.
function root(value, degree) {
  let low = 0n;
  for (let bit = 1n << 100n; bit > 0n; bit >>= 1n) if ((low + bit) ** degree <= value) low += bit;
  return low;
}
const primes = [];
for (let each = 2n; primes.length < 80; each++) if (primes.every((prime) => each % prime)) primes.push(each);
const CUBES = primes.map((prime) => root(prime << 192n, 3n) & (2n ** 64n - 1n));
const SQUARES = primes.slice(0, 8).map((prime) => root(prime << 128n, 2n) & (2n ** 64n - 1n));

function sha2(bytes, bits) {
  const [wide, rounds, size] = bits === 512 ? [64n, 80, 128] : [32n, 64, 64];
  const turns = bits === 512
    ? [[28n, 34n, 39n], [14n, 18n, 41n], [1n, 8n, 7n], [19n, 61n, 6n]]
    : [[2n, 13n, 22n], [6n, 11n, 25n], [7n, 18n, 3n], [17n, 19n, 10n]];
  const mask = (1n << wide) - 1n;
  const turn = (word, by) => ((word >> by) | (word << (wide - by))) & mask;
  const big = (word, [a, b, c]) => turn(word, a) ^ turn(word, b) ^ turn(word, c);
  const small = (word, [a, b, c]) => turn(word, a) ^ turn(word, b) ^ (word >> c);
  const cut = (word) => word >> (64n - wide);
  const padded = [...bytes, 128];
  while (padded.length % size !== size - 8) padded.push(0);
  for (let at = 56n; at >= 0n; at -= 8n) padded.push(Number((BigInt(bytes.length * 8) >> at) & 255n));
  let state = SQUARES.map(cut);
  const step = Number(wide >> 3n);
  for (let begin = 0; begin < padded.length; begin += size) {
    const words = [];
    for (let at = 0; at < 16; at++) {
      words.push(padded.slice(begin + at * step, begin + (at + 1) * step).reduce((sum, each) => (sum << 8n) | BigInt(each), 0n));
    }
    for (let at = 16; at < rounds; at++) {
      words.push((small(words[at - 2], turns[3]) + words[at - 7] + small(words[at - 15], turns[2]) + words[at - 16]) & mask);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let at = 0; at < rounds; at++) {
      const one = h + big(e, turns[1]) + ((e & f) ^ (~e & mask & g)) + cut(CUBES[at]) + words[at];
      const two = big(a, turns[0]) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) & mask, c, b, a, (one + two) & mask];
    }
    state = [a, b, c, d, e, f, g, h].map((each, place) => (each + state[place]) & mask);
  }
  const told = [];
  for (const word of state) for (let at = wide - 8n; at >= 0n; at -= 8n) told.push(Number((word >> at) & 255n));
  return told;
}

// Ed25519 (RFC 8032), points in extended coordinates.
const FIELD = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const within = (value, of) => ((value % of) + of) % of;
function power(base, exponent) {
  let found = 1n;
  for (base = within(base, FIELD); exponent > 0n; exponent >>= 1n, base = (base * base) % FIELD) {
    if (exponent & 1n) found = (found * base) % FIELD;
  }
  return found;
}
const inverse = (value) => power(value, FIELD - 2n);
const CURVE = within(-121665n * inverse(121666n), FIELD);
const BASE_Y = within(4n * inverse(5n), FIELD);
const square = within((BASE_Y * BASE_Y - 1n) * inverse(CURVE * BASE_Y * BASE_Y + 1n), FIELD);
let BASE_X = power(square, (FIELD + 3n) >> 3n);
if (within(BASE_X * BASE_X - square, FIELD)) BASE_X = (BASE_X * power(2n, (FIELD - 1n) >> 2n)) % FIELD;
if (BASE_X & 1n) BASE_X = FIELD - BASE_X;
const BASE = [BASE_X, BASE_Y, 1n, (BASE_X * BASE_Y) % FIELD];

function plus([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = within((y1 - x1) * (y2 - x2), FIELD), b = within((y1 + x1) * (y2 + x2), FIELD);
  const c = within(2n * t1 * t2 * CURVE, FIELD), d = within(2n * z1 * z2, FIELD);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [within(e * f, FIELD), within(g * h, FIELD), within(f * g, FIELD), within(e * h, FIELD)];
}
function times(scalar, point) {
  let sum = [0n, 1n, 1n, 0n];
  for (; scalar > 0n; scalar >>= 1n, point = plus(point, point)) if (scalar & 1n) sum = plus(sum, point);
  return sum;
}
const number = (bytes) => bytes.reduceRight((sum, each) => (sum << 8n) | BigInt(each), 0n);
const little = (value) => Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 255n));
function pressed([x, y, z]) {
  const over = inverse(z);
  return little(within(y * over, FIELD) | (within(x * over, FIELD) & 1n) << 255n);
}
function sign(seed, message) {
  const hashed = sha2(seed, 512);
  const secret = (number(hashed.slice(0, 32)) & ((1n << 254n) - 8n)) | (1n << 254n);
  const own = pressed(times(secret, BASE));
  const r = number(sha2([...hashed.slice(32), ...message], 512)) % ORDER;
  const first = pressed(times(r, BASE));
  const k = number(sha2([...first, ...own, ...message], 512)) % ORDER;
  return [...first, ...little((r + k * secret) % ORDER)];
}

// `key` is a private key as PEM (PKCS #8), or base64 of its 32 bytes.
function signedHeaders({ method, url, contentType, body, keyId, key, created, nonce }) {
  const digest = `sha-256=:${toBase64(sha2(bytesOf(body), 256))}:`;
  const params = `("@method" "@target-uri" "content-digest" "content-type");created=${created};keyid="${keyId}";alg="ed25519";nonce="${nonce}";tag="ekino-ingest"`;
  const base = `"@method": ${method}\n"@target-uri": ${url}\n"content-digest": ${digest}\n"content-type": ${contentType}\n"@signature-params": ${params}`;
  const seed = fromBase64(key.replace(new RegExp("-----[^-]+-----", "g"), "")).slice(-32);
  return {
    "Content-Type": contentType,
    "Content-Digest": digest,
    "Signature-Input": `ekino=${params}`,
    "Signature": `ekino=:${toBase64(sign(seed, bytesOf(base)))}:`,
  };
}
const newNonce = () => Array.from({ length: 24 }, () => LETTERS[Math.floor(Math.random() * 62)]).join("");
