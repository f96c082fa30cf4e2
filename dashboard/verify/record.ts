/** Attestations of version 2 (docs/attestation.md): the record, the worker's signature of it, and the batch whose quote speaks for it. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { fromBase64, fromHex } from "./bytes";

/** As the C reader gives it (verifier.c): hashes in hex, 64-bit numbers as digits. */
export interface RunRecord {
  chain: string;
  contract: string;
  request_id?: string;
  call_id?: string;
  code: string;
  input: string;
  output: string;
  outcome: string;
  max_instructions: string;
  max_memory_mb: string;
  max_seconds: string;
  instructions: string;
  time_ms: string;
  caller: string;
  project: string;
  secrets: string;
  block_height: string;
  time_s: string;
  worker_key: string;
  worker_key_text: string; // ed25519:…
}

export interface Batch {
  index: bigint;
  count: bigint;
  path: Uint8Array[];
  quote: Uint8Array;
}

export interface SignedRecord {
  record: Uint8Array;
  signature: Uint8Array;
  batch: Batch | null;
}

const RECORD_MAX = 4096;
const QUOTE_MAX = 16384;
const PATH_MAX = 32;
const BATCH_TAG = utf8ToBytes("OUTLAYER attestation batch, v2.\n");

function bytesOf(object: Record<string, unknown>, name: string, max: number): Uint8Array {
  const text = object[name];
  if (typeof text !== "string") throw new Error(`member \`${name}\` is no text`);
  try {
    const bytes = fromBase64(text);
    if (bytes.length <= max) return bytes;
  } catch {
    // said below
  }
  throw new Error(`member \`${name}\` is not base64 of at most ${max} bytes`);
}

function hexOf(text: unknown, length: number, what: string): Uint8Array {
  if (typeof text === "string" && text.length === 2 * length) {
    try {
      return fromHex(text);
    } catch {
      // said below
    }
  }
  throw new Error(what);
}

function countOf(object: Record<string, unknown>, name: string): bigint {
  const value = object[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error(`member \`${name}\` is no whole number`);
  return BigInt(value as number);
}

function readBatch(batch: Record<string, unknown>): Batch {
  const [index, count, path] = [countOf(batch, "index"), countOf(batch, "count"), batch.path];
  if (!Array.isArray(path) || path.length > PATH_MAX) throw new Error(`member \`path\` is no list of at most ${PATH_MAX} hashes`);
  return { index, count, path: path.map((step, i) => hexOf(step, 32, `item ${i} of \`path\` is no SHA-256 in hex`)), quote: bytesOf(batch, "quote", QUOTE_MAX) };
}

export function readSigned(doc: Record<string, unknown>): SignedRecord {
  if (doc.version !== 2) throw new Error(`an attestation of version ${doc.version}, expected 2`);
  const record = bytesOf(doc, "record", RECORD_MAX);
  const signature = hexOf(doc.signature, 64, "member `signature` is not 128 hex digits");
  if (doc.batch != null && typeof doc.batch !== "object") throw new Error("member `batch` is neither an object nor null");
  return { record, signature, batch: doc.batch ? readBatch(doc.batch as Record<string, unknown>) : null };
}

export function isSigned(a: SignedRecord, workerKey: Uint8Array): boolean {
  try {
    return ed25519.verify(a.signature, a.record, workerKey, { zip215: false });
  } catch {
    return false; // a key or a signature that is no point
  }
}

const hashOf = (...parts: Uint8Array[]) => sha256(concatBytes(...parts));
const node = (left: Uint8Array, right: Uint8Array) => hashOf(Uint8Array.of(1), left, right);

/** The root that leaf and path lead to (RFC 9162, section 2.1.3.2); undefined: the path is none of a tree of that many leaves. */
function merkleRoot(leaf: Uint8Array, batch: Batch): Uint8Array | undefined {
  if (batch.index >= batch.count) return undefined;
  let [at, last, hash] = [batch.index, batch.count - 1n, leaf];
  for (const step of batch.path) {
    if (last === 0n) return undefined;
    if (at % 2n === 1n || at === last) {
      hash = node(step, hash);
      for (; at % 2n === 0n && at !== 0n; at /= 2n) last /= 2n;
    } else {
      hash = node(hash, step);
    }
    at /= 2n;
    last /= 2n;
  }
  return last === 0n ? hash : undefined;
}

/** What the batch's quote must carry. */
export function batchReportData(record: Uint8Array, batch: Batch): Uint8Array | undefined {
  const root = merkleRoot(hashOf(Uint8Array.of(0), record), batch);
  const count = new Uint8Array(8);
  new DataView(count.buffer).setBigUint64(0, batch.count, true);
  return root && concatBytes(hashOf(BATCH_TAG, count, root), BATCH_TAG);
}
