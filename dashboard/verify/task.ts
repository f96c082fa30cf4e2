/**
 * What an attestation of version 1 binds: the first half of the quote's report data is SHA-256 over the record's fields in a row
 * (docs/attestation.md). Absent is null or missing; an empty text and 0 are values.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** A record as `GET /attestations/…` gives it. */
export interface Attestation {
  task_id: number;
  task_type: string;
  tdx_quote: string;
  timestamp: number;
  output_hash: string;
  input_hash?: string | null;
  repo_url?: string | null;
  commit_hash?: string | null;
  build_target?: string | null;
  wasm_hash?: string | null;
  block_height?: number | null;
  caller_account_id?: string | null;
  project_id?: string | null;
  secrets_ref?: string | null;
  attached_usd?: string | null;
  transaction_hash?: string | null;
  request_id?: number | null;
  call_id?: string | null;
  attestation_v2?: Record<string, unknown> | null;
}

/** What the output hash of a run that failed on chain is the hash of. */
export const FAILED_ON_CHAIN = "[EXECUTION-FAILED]";

/** Tasks created before end with the block height: 2026-01-30T14:55:39Z. */
export const V1_FROM = 1769784939;

function integer(value: number): Uint8Array {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no exact integer`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return bytes;
}

export function taskHash(a: Attestation): Uint8Array {
  const hash = sha256.create();
  const text = (value: string | null | undefined) => value != null && hash.update(utf8ToBytes(value));
  hash.update(utf8ToBytes(a.task_type)).update(integer(a.task_id));
  for (const value of [a.repo_url, a.commit_hash, a.build_target, a.wasm_hash, a.input_hash, a.output_hash]) text(value);
  if (a.block_height != null) hash.update(integer(a.block_height));
  if (a.timestamp >= V1_FROM) {
    for (const value of [a.caller_account_id, a.project_id, a.secrets_ref]) text(value);
    hash.update(integer(a.timestamp));
    text(a.attached_usd);
  }
  return hash.digest();
}

const ACCOUNT = /^[a-z0-9_.-]*$/;
const WORD = /^[A-Za-z0-9_./-]*$/;

/** What is wrong with a record's members. Their texts stand in a row without lengths: bytes could move between neighbours that may have any. */
export function malformed(a: Attestation): string | undefined {
  for (const name of ["task_type", "output_hash"] as const) if (typeof a[name] !== "string") return `member \`${name}\` is no text`;
  for (const name of ["task_id", "timestamp"] as const) if (!Number.isSafeInteger(a[name])) return `member \`${name}\` is no whole number`;
  for (const name of ["wasm_hash", "input_hash", "output_hash"] as const) {
    if (a[name] != null && !/^[0-9a-f]{64}$/.test(a[name])) return `member \`${name}\` is not 64 lower-case hex digits`;
  }
  const owner = (text: unknown) => (typeof text === "string" ? text.split("/")[0] : text);
  const texts = [
    ["commit_hash", a.commit_hash, WORD],
    ["build_target", a.build_target, WORD],
    ["caller_account_id", a.caller_account_id, ACCOUNT],
    ["project_id", owner(a.project_id), ACCOUNT],
    ["secrets_ref", owner(a.secrets_ref), ACCOUNT],
  ] as const;
  for (const [name, text, alphabet] of texts) if (text != null && !alphabet.test(String(text))) return `member \`${name}\` has a character that none of its kind has`;
  return undefined;
}
