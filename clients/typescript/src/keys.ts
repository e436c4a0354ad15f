/** A key pair: made once, kept in a file that only its owner reads; and how a new one is told. */

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const KEY_ID = /^[!#-[\]-~]{1,128}$/;
const PKCS8_OF_SEED = Buffer.from("302e020100300506032b657004220420", "hex");
const ED25519 = Buffer.of(1);

export class Key {
  readonly keyId: string;
  readonly #private: KeyObject;

  constructor(keyId: string, key: KeyObject) {
    if (!KEY_ID.test(keyId)) {
      throw new RangeError(`${JSON.stringify(keyId)} is not 1 … 128 printable ASCII characters`);
    }
    if (key.asymmetricKeyType !== "ed25519") {
      throw new RangeError(`${keyId} is no Ed25519 key`);
    }
    this.keyId = keyId;
    this.#private = key;
  }

  /** Take a key from the 32 bytes of its seed. */
  static ofSeed(keyId: string, seed: Uint8Array): Key {
    const der = Buffer.concat([PKCS8_OF_SEED, seed]);
    return new Key(keyId, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  }

  /** Read a key that must be there: a till that lost its disk must not make itself another. */
  static load(path: string, keyId: string): Key {
    return new Key(keyId, createPrivateKey(readFileSync(path)));
  }

  /** Read a key, or make it with mode 0600; a crash never leaves half a key. */
  static open(path: string, keyId: string): Key {
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const pem = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" });
      const beside = join(dirname(path), `${basename(path)}.${process.pid}`);
      const file = openSync(beside, "w", 0o600);
      try {
        writeSync(file, pem.toString());
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      try {
        // Two that make it at once agree on the first: a link does not replace.
        linkSync(beside, path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      } finally {
        unlinkSync(beside);
      }
      syncFolder(dirname(path));
    }
    return Key.load(path, keyId);
  }

  get publicBytes(): Buffer {
    const jwk = createPublicKey(this.#private).export({ format: "jwk" });
    return Buffer.from(jwk.x as string, "base64url");
  }

  /** The public half in base64, as an operator registers it. */
  get publicText(): string {
    return this.publicBytes.toString("base64");
  }

  sign(message: Uint8Array | string): Buffer {
    return sign(null, Buffer.from(message), this.#private);
  }

  /** What a new key signs to prove that whoever announces it holds it. */
  get enrolmentText(): string {
    return `ekino-key-v1\n${this.keyId}\n${this.publicText}\n`;
  }

  get proof(): string {
    return this.sign(this.enrolmentText).toString("base64");
  }
}

/** Give the four bytes under which a key is known (C2SP signed note, Ed25519). */
export function noteKeyId(name: string, publicKey: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`), ED25519, publicKey]);
  return createHash("sha256").update(named).digest().subarray(0, 4);
}

/** Make the names in a folder survive a power cut, where the system can. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
