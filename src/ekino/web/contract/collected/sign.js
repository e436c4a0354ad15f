// Signs a request for e-Kino (RFC 9421, Ed25519) in plain JavaScript: no package, no file, no network.
// No division, no pattern between slashes and no literal of a BigInt: what Bruno reads scripts with knows none.
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
  let low = BigInt(0);
  for (let bit = BigInt(1) << BigInt(100); bit > BigInt(0); bit >>= BigInt(1)) if ((low + bit) ** degree <= value) low += bit;
  return low;
}
const primes = [];
for (let each = BigInt(2); primes.length < 80; each++) if (primes.every((prime) => each % prime)) primes.push(each);
const CUBES = primes.map((prime) => root(prime << BigInt(192), BigInt(3)) & (BigInt(2) ** BigInt(64) - BigInt(1)));
const SQUARES = primes.slice(0, 8).map((prime) => root(prime << BigInt(128), BigInt(2)) & (BigInt(2) ** BigInt(64) - BigInt(1)));

function sha2(bytes, bits) {
  const [wide, rounds, size] = bits === 512 ? [BigInt(64), 80, 128] : [BigInt(32), 64, 64];
  const turns = bits === 512
    ? [[BigInt(28), BigInt(34), BigInt(39)], [BigInt(14), BigInt(18), BigInt(41)], [BigInt(1), BigInt(8), BigInt(7)], [BigInt(19), BigInt(61), BigInt(6)]]
    : [[BigInt(2), BigInt(13), BigInt(22)], [BigInt(6), BigInt(11), BigInt(25)], [BigInt(7), BigInt(18), BigInt(3)], [BigInt(17), BigInt(19), BigInt(10)]];
  const mask = (BigInt(1) << wide) - BigInt(1);
  const turn = (word, by) => ((word >> by) | (word << (wide - by))) & mask;
  const big = (word, [a, b, c]) => turn(word, a) ^ turn(word, b) ^ turn(word, c);
  const small = (word, [a, b, c]) => turn(word, a) ^ turn(word, b) ^ (word >> c);
  const cut = (word) => word >> (BigInt(64) - wide);
  const padded = [...bytes, 128];
  while (padded.length % size !== size - 8) padded.push(0);
  for (let at = BigInt(56); at >= BigInt(0); at -= BigInt(8)) padded.push(Number((BigInt(bytes.length * 8) >> at) & BigInt(255)));
  let state = SQUARES.map(cut);
  const step = Number(wide >> BigInt(3));
  for (let begin = 0; begin < padded.length; begin += size) {
    const words = [];
    for (let at = 0; at < 16; at++) {
      words.push(padded.slice(begin + at * step, begin + (at + 1) * step).reduce((sum, each) => (sum << BigInt(8)) | BigInt(each), BigInt(0)));
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
  for (const word of state) for (let at = wide - BigInt(8); at >= BigInt(0); at -= BigInt(8)) told.push(Number((word >> at) & BigInt(255)));
  return told;
}

// Ed25519 (RFC 8032), points in extended coordinates.
const FIELD = BigInt(2) ** BigInt(255) - BigInt(19);
const ORDER = BigInt(2) ** BigInt(252) + BigInt("27742317777372353535851937790883648493");
const within = (value, of) => ((value % of) + of) % of;
function power(base, exponent) {
  let found = BigInt(1);
  for (base = within(base, FIELD); exponent > BigInt(0); exponent >>= BigInt(1), base = (base * base) % FIELD) {
    if (exponent & BigInt(1)) found = (found * base) % FIELD;
  }
  return found;
}
const inverse = (value) => power(value, FIELD - BigInt(2));
const CURVE = within(-BigInt(121665) * inverse(BigInt(121666)), FIELD);
const BASE_Y = within(BigInt(4) * inverse(BigInt(5)), FIELD);
const square = within((BASE_Y * BASE_Y - BigInt(1)) * inverse(CURVE * BASE_Y * BASE_Y + BigInt(1)), FIELD);
let BASE_X = power(square, (FIELD + BigInt(3)) >> BigInt(3));
if (within(BASE_X * BASE_X - square, FIELD)) BASE_X = (BASE_X * power(BigInt(2), (FIELD - BigInt(1)) >> BigInt(2))) % FIELD;
if (BASE_X & BigInt(1)) BASE_X = FIELD - BASE_X;
const BASE = [BASE_X, BASE_Y, BigInt(1), (BASE_X * BASE_Y) % FIELD];

function plus([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = within((y1 - x1) * (y2 - x2), FIELD), b = within((y1 + x1) * (y2 + x2), FIELD);
  const c = within(BigInt(2) * t1 * t2 * CURVE, FIELD), d = within(BigInt(2) * z1 * z2, FIELD);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [within(e * f, FIELD), within(g * h, FIELD), within(f * g, FIELD), within(e * h, FIELD)];
}
function times(scalar, point) {
  let sum = [BigInt(0), BigInt(1), BigInt(1), BigInt(0)];
  for (; scalar > BigInt(0); scalar >>= BigInt(1), point = plus(point, point)) if (scalar & BigInt(1)) sum = plus(sum, point);
  return sum;
}
const number = (bytes) => bytes.reduceRight((sum, each) => (sum << BigInt(8)) | BigInt(each), BigInt(0));
const little = (value) => Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & BigInt(255)));
function pressed([x, y, z]) {
  const over = inverse(z);
  return little(within(y * over, FIELD) | (within(x * over, FIELD) & BigInt(1)) << BigInt(255));
}
function sign(seed, message) {
  const hashed = sha2(seed, 512);
  const secret = (number(hashed.slice(0, 32)) & ((BigInt(1) << BigInt(254)) - BigInt(8))) | (BigInt(1) << BigInt(254));
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
