/** Every check of one execution, from the record to Intel's root: each is pass, fail or unproven, and missing evidence is never a pass. */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { fromBase64, fromHex, lastCertificate, toHex } from "./bytes";
import { Attestation, malformedHash, taskHash } from "./task";
import { QuoteReport, QuoteVerifier, Verdict } from "./verifier";

export interface Check {
  id: string;
  what: string;
  verdict: Verdict;
  seen: string;
}

/** Where the evidence comes from, as the coordinator says; null where it has none. */
export interface Sources {
  network: string | null;
  rpc_url: string | null;
  register_contract_id: string | null;
}

export interface Evidence {
  record: Attestation;
  collateral?: string;
  approved?: boolean;
  /** Why evidence is missing. */
  missing: Record<string, string>;
}

/** Shows on every certificate of the simulator (src/tee/simulator). */
const SIMULATOR = utf8ToBytes("OutLayer simulator");

function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= bytes.length; at++) if (part.every((byte, i) => bytes[at + i] === byte)) return true;
  return false;
}

/** The simulator's root if the collateral hangs on one. */
export function simulatorRoot(collateral: string): Uint8Array | undefined {
  try {
    const root = lastCertificate((JSON.parse(collateral) as { pck_crl_issuer_chain: string }).pck_crl_issuer_chain);
    return contains(root, SIMULATOR) ? root : undefined;
  } catch {
    return undefined;
  }
}

function check(id: string, what: string, verdict: Verdict, seen: string): Check {
  return { id, what, verdict, seen };
}

/** The verifier's own steps, and one of ours in front of them when the quote cannot be verified at all. */
function authenticity(report: QuoteReport | undefined, why: string): Check[] {
  if (!report) return [check("quote", "the quote, down to the root", "unproven", why)];
  const steps = report.steps.map((s) => check(s.step, s.what, s.verdict, s.seen));
  if (report.fault) {
    const failed = steps.find((s) => s.verdict === "fail");
    if (failed) failed.seen = report.fault.text;
  }
  return steps;
}

function tcbStatus(report: QuoteReport): Check {
  const clean = report.status === "UpToDate" && report.advisories?.length === 0;
  const seen = [report.status ?? "unknown", ...(report.advisories ?? [])].join(", ");
  return check("up_to_date", "the platform was up to date then", clean ? "pass" : "unproven", seen);
}

function identity(evidence: Evidence): Check {
  const what = "the chain approves of these five measurements";
  if (evidence.approved === undefined) return check("measurements", what, "unproven", evidence.missing.approved ?? "nobody was asked");
  return check("measurements", what, evidence.approved ? "pass" : "fail", evidence.approved ? "approved" : "not approved");
}

function binding(record: Attestation, report: QuoteReport): Check[] {
  const data = fromHex(report.report_data!);
  const expected = toHex(taskHash(record));
  const found = toHex(data.subarray(0, 32));
  const rest = data.subarray(32).every((byte) => byte === 0);
  const malformed = malformedHash(record);
  return [
    check("binding", "the quote names this task: report data is the hash of the record", !malformed && found === expected ? "pass" : "fail",
      malformed ? `${malformed} is not 64 lower-case hex digits` : found === expected ? found : `the record's is ${expected}, the quote's is ${found}`),
    check("binding_rest", "the rest of the report data is zero", rest ? "pass" : "fail", rest ? "zero" : toHex(data.subarray(32))),
  ];
}

/** Payloads the user brought; `undefined` stays unasked. */
export function payloadChecks(record: Attestation, input?: string, output?: string): Check[] {
  const one = (id: string, text: string, expected?: string | null) => {
    const hash = toHex(sha256(utf8ToBytes(text)));
    return check(id, `your ${id} is the record's`, hash === expected ? "pass" : "fail", hash);
  };
  return [
    ...(input !== undefined ? [one("input", input, record.input_hash)] : []),
    ...(output !== undefined ? [one("output", output, record.output_hash)] : []),
  ];
}

export function run(verifier: QuoteVerifier, evidence: Evidence, acceptSimulator: boolean): Check[] {
  const { record, collateral } = evidence;
  if (!collateral) return [...authenticity(undefined, evidence.missing.collateral ?? "no collateral"), identity(evidence)];
  const root = acceptSimulator ? simulatorRoot(collateral) : undefined;
  let report: QuoteReport;
  try {
    report = verifier.verify(fromBase64(record.tdx_quote), collateral, record.timestamp ?? 0, root);
  } catch (error) {
    return [check("quote", "form of the quote", "fail", String(error))];
  }
  const steps = authenticity(report, "");
  if (!report.good) return [...steps, check("measurements", "the chain approves of these five measurements", "unproven", "the quote is not proven"),
    check("binding", "the quote names this task", "unproven", "the quote is not proven")];
  return [...steps, tcbStatus(report), identity(evidence), ...binding(record, report)];
}

export function overall(checks: Check[]): Verdict {
  if (checks.some((c) => c.verdict === "fail")) return "fail";
  return checks.every((c) => c.verdict === "pass") ? "pass" : "unproven";
}
