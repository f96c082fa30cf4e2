/** Reader of records and verifier of quotes: C compiled to WebAssembly, the same code that runs on chain and in the command line. It has no cryptography of its own. */
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { RunRecord } from "./record";

export type Verdict = "pass" | "fail" | "unproven";

export interface Step {
  step: string;
  what: string;
  verdict: Verdict;
  seen: string;
}

/** What the verifier found; `status` and what follows only when the quote was read to its end. */
export interface QuoteReport {
  good: boolean;
  steps: Step[];
  fault?: { code: string; text: string };
  status?: string;
  advisories?: string[];
  fmspc?: string;
  report_data?: string;
  measurements?: Record<"mrtd" | "rtmr0" | "rtmr1" | "rtmr2" | "rtmr3", string>;
}

interface Exports {
  memory: WebAssembly.Memory;
  take(len: number): number;
  verify(quote: number, quoteLen: number, collateral: number, collateralLen: number, root: number, rootLen: number, now: bigint): number;
  fmspc(quote: number, quoteLen: number): number;
  record(bytes: number, len: number): number;
  result_len(): number;
}

export class QuoteVerifier {
  private constructor(private readonly module: WebAssembly.Module) {}

  static async load(url: string): Promise<QuoteVerifier> {
    return new QuoteVerifier(await WebAssembly.compile(await (await fetch(url)).arrayBuffer()));
  }

  /** An instance a question: its memory never holds anything of another. */
  private instantiate() {
    const view = (ptr: number, len: number) => new Uint8Array(exports.memory.buffer, ptr, len);
    const env = {
      sha256: (ptr: number, len: number, out: number) => view(out, 32).set(sha256(view(ptr, len))),
      p256_verify: (signature: number, digest: number, key: number) => {
        const point = Uint8Array.of(4, ...view(key, 64));
        try {
          return p256.verify(view(signature, 64), view(digest, 32), point, { prehash: false, lowS: false }) ? 1 : 0;
        } catch {
          return 0; // a key that is no point, or numbers out of range
        }
      },
      panic_utf8: (len: bigint, ptr: bigint) => {
        throw new Error(new TextDecoder().decode(view(Number(ptr), Number(len))));
      },
    };
    const exports = new WebAssembly.Instance(this.module, { env }).exports as unknown as Exports;
    const put = (bytes: Uint8Array): [number, number] => {
      const ptr = exports.take(bytes.length);
      view(ptr, bytes.length).set(bytes);
      return [ptr, bytes.length];
    };
    const text = (ptr: number) => new TextDecoder().decode(view(ptr, exports.result_len()));
    return { exports, put, text };
  }

  /** Verifies as of `now` (seconds since 1970). `root` is the trusted certificate in DER; undefined: Intel's. */
  verify(quote: Uint8Array, collateral: string, now: number, root?: Uint8Array): QuoteReport {
    const { exports, put, text } = this.instantiate();
    const ptr = exports.verify(...put(quote), ...put(new TextEncoder().encode(collateral)), ...put(root ?? new Uint8Array()), BigInt(now));
    return JSON.parse(text(ptr)) as QuoteReport;
  }

  /** Which platform's collateral a quote needs, as 12 hex digits. */
  fmspc(quote: Uint8Array): string {
    const { exports, put, text } = this.instantiate();
    return text(exports.fmspc(...put(quote)));
  }

  /** A record of version 2; null: the bytes are none. */
  record(bytes: Uint8Array): RunRecord | null {
    const { exports, put, text } = this.instantiate();
    return JSON.parse(text(exports.record(...put(bytes)))) as RunRecord | null;
  }
}
