/**
 * Is this result what an approved enclave made of this request? Evidence in, a list of steps out, each with what was seen: the report of `outlayer verify`
 * (src/tee/verify/verify.c), step by step and in its words. Missing evidence is unproven, never a pass.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { fromBase64, fromHex, lastCertificate, toHex } from "./bytes";
import { canonicalJson } from "./canonical";
import { ChainRequest } from "./chain";
import { batchReportData, isSigned, readSigned, RunRecord, SignedRecord } from "./record";
import { Attestation, FAILED_ON_CHAIN, V1_FROM, malformed, taskHash } from "./task";
import { QuoteReport, QuoteVerifier, Verdict } from "./verifier";

export interface Check {
  group: string;
  id: string;
  what: string;
  verdict: Verdict;
  seen: string;
}

/** Where the evidence comes from, as the coordinator says; null where it has none. */
export interface Sources {
  network: string | null;
  contract_id: string;
  rpc_url: string | null;
  register_contract_id: string | null;
}

/** undefined: nobody said. */
export interface Evidence {
  record: Attestation;
  sources: Sources;
  collateral?: string;
  chain?: ChainRequest;
  approved?: boolean;
  registered?: boolean;
}

/** What the reader brought and chose. */
export interface Choices {
  acceptSimulator: boolean;
  input?: string;
  output?: string;
}

/** Shows on every certificate of the simulator (src/tee/simulator). */
const SIMULATOR = utf8ToBytes("OutLayer simulator");
const INTEL_ROOT_SHA256 = "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3";
/** Clocks of a worker and of the chain may differ by so much. */
const CLOCK_SLACK_S = 60;

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

/** The quote that speaks for the record: the batch's, else version 1's own. undefined: it is unreadable, and its own step tells why. */
export function quoteOf(record: Attestation): Uint8Array | undefined {
  const batch = (record.attestation_v2 as { batch?: { quote?: unknown } } | null | undefined)?.batch;
  try {
    return fromBase64(String(batch ? batch.quote : record.tdx_quote));
  } catch {
    return undefined;
  }
}

/** A verified quote. */
interface Quote {
  reportData: Uint8Array;
  measurements: Record<string, string>;
}

const hashHex = (text: string) => toHex(sha256(utf8ToBytes(text)));
const passIf = (good: boolean): Verdict => (good ? "pass" : "fail");
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** One report in the making. */
class Report {
  readonly checks: Check[] = [];
  private readonly root: Uint8Array | undefined;

  constructor(private readonly verifier: QuoteVerifier, private readonly evidence: Evidence, private readonly choices: Choices) {
    this.root = choices.acceptSimulator && evidence.collateral !== undefined ? simulatorRoot(evidence.collateral) : undefined;
  }

  private add(group: string, id: string, what: string, verdict: Verdict, seen: string): void {
    this.checks.push({ group, id, what, verdict, seen });
  }

  run(): Check[] {
    const v2 = this.evidence.record.attestation_v2;
    this.addRoot();
    if (v2 != null) this.addVersion2(v2);
    this.addVersion1(v2 == null);
    return this.checks;
  }

  private addRoot(): void {
    const accepted = this.root === undefined || this.evidence.sources.network === "devnet";
    const sha = this.root ? toHex(sha256(this.root)) : INTEL_ROOT_SHA256;
    const whose = this.root ? "a SIMULATOR's: nothing here is evidence to anybody who does not trust it" : "Intel SGX Root CA";
    this.add("root", "root", "whose root is trusted", passIf(accepted), `${whose}, ${accepted ? "" : "refused everywhere but on devnet; "}sha256 ${sha}`);
  }

  // ---- quotes

  /** Verifies at `now` (seconds), with one step for every check when `detailed`, else with one for all. */
  private addQuote(group: string, quote: Uint8Array, now: number, detailed: boolean): Quote | undefined {
    const what = "the quote verifies down to the root";
    if (this.evidence.collateral === undefined) {
      this.add(group, "quote", what, "unproven", "there is no collateral for that time");
      return undefined;
    }
    const report = this.verifier.verify(quote, this.evidence.collateral, now, this.root);
    if (detailed) this.addQuoteSteps(group, report);
    else this.add(group, "quote", what, passIf(report.good), report.good ? "every step" : (report.fault?.text ?? ""));
    if (!report.good) return undefined;
    if (!report.report_data || !report.measurements) {
      this.add(group, "tdx", "it is a TDX quote", "fail", "an SGX quote");
      return undefined;
    }
    if (detailed) this.addStatus(group, report);
    return { reportData: fromHex(report.report_data), measurements: report.measurements };
  }

  private addQuoteSteps(group: string, report: QuoteReport): void {
    const seen = { pass: (own: string) => own, fail: () => report.fault?.text ?? "", unproven: () => "not looked at: a step before it failed" };
    for (const s of report.steps) this.add(group, s.step, s.what, s.verdict, seen[s.verdict](s.seen));
  }

  /** Only UpToDate is good enough to pass; anything else that is not revoked is told and leaves it open. */
  private addStatus(group: string, report: QuoteReport): void {
    const advisories = report.advisories ?? [];
    const fine = report.status === "UpToDate" && advisories.length === 0;
    const seen = `${report.status}${advisories.length ? `, advisories ${advisories.join(", ")}` : ""}`;
    this.add(group, "up_to_date", "the platform is up to date, without open advisories", fine ? "pass" : "unproven", seen);
  }

  // ---- version 2

  private addVersion2(doc: Record<string, unknown>): void {
    const what = "the record is well-formed";
    let signed: SignedRecord;
    try {
      signed = readSigned(doc);
    } catch (error) {
      return this.add("record", "form", what, "fail", reason(error));
    }
    const record = this.verifier.record(signed.record);
    this.add("record", "form", what, passIf(record !== null), `${signed.record.length} bytes${record ? "" : " that are no record of version 2"}`);
    if (!record) return;
    const isGood = isSigned(signed, fromHex(record.worker_key));
    const key = record.worker_key_text;
    this.add("record", "signature", "the worker's key signed it", passIf(isGood), isGood ? `by ${key}` : `${key} did not sign these bytes`);
    const quote = signed.batch ? this.addQuote("quote", signed.batch.quote, Number(record.time_s), true) : this.addNoQuote();
    this.addBatch(signed, quote);
    this.addApproved(quote);
    this.addRegistered(key);
    this.addRequest(record);
  }

  private addNoQuote(): undefined {
    this.add("quote", "quote", "the quote verifies down to the root", "unproven", "the record has no quote yet");
  }

  private addBatch({ record, batch }: SignedRecord, quote: Quote | undefined): void {
    const what = "the quote carries the batch that the record is in";
    const add = (verdict: Verdict, seen: string) => this.add("record", "batch", what, verdict, seen);
    if (!batch) return add("unproven", "the record has no quote yet");
    const wanted = batchReportData(record, batch);
    if (!wanted) return add("fail", `the path is none of a tree of ${batch.count} records`);
    if (!quote) return add("unproven", "no quote verified");
    add(passIf(toHex(wanted) === toHex(quote.reportData)), `record ${batch.index + 1n} of ${batch.count}, report data ${toHex(quote.reportData.subarray(0, 16))}`);
  }

  private addApproved(quote: Quote | undefined): void {
    const add = (verdict: Verdict, seen: string) => this.add("enclave", "measurements", "the enclave's software is approved", verdict, seen);
    if (!quote) return add("unproven", "no quote verified, so its measurements are not known");
    const { approved, sources } = this.evidence;
    const which = `MRTD ${quote.measurements.mrtd.slice(0, 16)}…, RTMR3 ${quote.measurements.rtmr3.slice(0, 16)}…`;
    if (approved === undefined) return add("unproven", `nobody was asked; ${which}`);
    add(passIf(approved), `${sources.register_contract_id} ${approved ? "approves" : "does not approve"} ${which}`);
  }

  /** A key that is not on the chain may have been retired since: that leaves it open. */
  private addRegistered(key: string): void {
    const { registered, sources } = this.evidence;
    const seen = registered === undefined ? "nobody was asked" : registered ? sources.register_contract_id : `not on ${sources.register_contract_id} now`;
    this.add("enclave", "worker_key", "the key is a registered worker's", registered ? "pass" : "unproven", `${key}: ${seen}`);
  }

  // ---- against the chain

  private addUnseen(id: string, what: string): void {
    this.add("request", id, what, "unproven", this.evidence.chain ? "the chain does not show it" : "the chain was not asked");
  }

  private addText(id: string, what: string, recorded: string, wanted: string | null | undefined): void {
    if (wanted == null) return this.addUnseen(id, what);
    this.add("request", id, what, passIf(recorded === wanted), recorded === wanted ? recorded : `the record says \`${recorded}\`, it is \`${wanted}\``);
  }

  private addNumber(id: string, what: string, recorded: string, wanted: number | undefined): void {
    if (!Number.isSafeInteger(wanted)) return this.addUnseen(id, what);
    const same = BigInt(recorded) === BigInt(wanted!);
    this.add("request", id, what, passIf(same), same ? recorded : `the record says ${recorded}, it is ${wanted}`);
  }

  private addHash(id: string, what: string, recorded: string, wanted: string): void {
    const same = recorded === wanted;
    this.add("request", id, what, passIf(same), same ? recorded : `the record says ${recorded}, it is ${wanted}`);
  }

  private addRequest(record: RunRecord): void {
    const { chain, sources } = this.evidence;
    this.addText("chain", "the chain", record.chain, sources.network);
    this.addText("contract", "the main contract", record.contract, sources.contract_id);
    if (record.request_id === undefined) return this.addCall(record);
    this.addNumber("request", "the request", record.request_id, chain?.request_id);
    this.addCode(record);
    this.addInput(record);
    this.addOutput(record);
    this.addOutcome(record);
    this.addText("caller", "who asked", record.caller, chain?.caller);
    this.addLimits(record);
    this.addNumber("block", "the block of the request", record.block_height, chain?.requested_height);
    this.addTime(record);
  }

  private addCall(record: RunRecord): void {
    this.addText("call", "the call", record.call_id ?? "", this.evidence.record.call_id);
    this.addInput(record);
    this.addOutput(record);
    this.addStatement(record);
  }

  /** What no chain shows is not compared: that the enclave states it is what is proven of it. */
  private addStatement(record: RunRecord): void {
    const kept = BigInt(record.instructions) <= BigInt(record.max_instructions);
    this.add("request", "limits", "that it kept its limits", passIf(kept), `${record.instructions} of ${record.max_instructions} instructions`);
    const seen = `code ${record.code}, ${record.outcome}, for ${record.caller}, at ${record.time_s}`;
    this.add("request", "statement", "what the enclave states besides, compared with nothing", "pass", seen);
  }

  private addCode(record: RunRecord): void {
    const what = "the code that ran is the code that was asked for";
    const asked = this.evidence.chain?.code_hash;
    if (/^0+$/.test(record.code) && record.outcome !== "completed") {
      return this.add("request", "code", what, "pass", `no code that ran is named: ${record.outcome}`);
    }
    if (!/^[0-9a-fA-F]{64}$/.test(asked ?? "")) return this.addUnseen("code", what);
    this.addHash("code", what, record.code, asked!.toLowerCase());
  }

  private addInput(record: RunRecord): void {
    const input = this.choices.input ?? this.evidence.chain?.input;
    if (input === undefined) this.addUnseen("input", "its input");
    else this.addHash("input", "its input", record.input, hashHex(input));
  }

  private addOutput(record: RunRecord): void {
    const what = "its output, as the requester got it";
    const { chain } = this.evidence;
    const output = this.choices.output ?? chain?.output ?? (chain?.success === false ? "" : undefined); // a failure returns nothing
    if (output === undefined) this.addUnseen("output", what);
    else this.addHash("output", what, record.output, hashHex(output));
  }

  private addOutcome(record: RunRecord): void {
    const success = this.evidence.chain?.success;
    if (typeof success !== "boolean") return this.addUnseen("outcome", "how it ended");
    const seen = `${record.outcome}, ${success ? "a success" : "a failure"} on chain`;
    this.add("request", "outcome", "how it ended", passIf((record.outcome === "completed") === success), seen);
  }

  /** A worker may hold a run to less than was asked for, never to more. */
  private addLimits(record: RunRecord): void {
    const what = "its limits, and that it kept them";
    const { max_instructions, max_memory_mb, max_seconds } = this.evidence.chain ?? {};
    if (![max_instructions, max_memory_mb, max_seconds].every(Number.isSafeInteger)) return this.addUnseen("limits", what);
    const within = (recorded: string, asked: number) => BigInt(recorded) <= BigInt(asked);
    const good = within(record.max_instructions, max_instructions!) && within(record.max_memory_mb, max_memory_mb!) &&
      within(record.max_seconds, max_seconds!) && BigInt(record.instructions) <= BigInt(record.max_instructions);
    const seen = `${record.instructions} of ${record.max_instructions} instructions, ${record.max_memory_mb} MB, ${record.max_seconds} s`;
    this.add("request", "limits", what, passIf(good), seen);
  }

  private addTime(record: RunRecord): void {
    const what = "when it ended: between request and settlement";
    const { requested_at: from, resolved_at: until } = this.evidence.chain ?? {};
    if (from === undefined || until === undefined) return this.addUnseen("time", what);
    const time = BigInt(record.time_s);
    const slack = BigInt(CLOCK_SLACK_S);
    const good = time + slack >= BigInt(from) && time <= BigInt(until) + slack;
    this.add("request", "time", what, passIf(good), `${record.time_s}, the chain has ${from} to ${until}`);
  }

  // ---- version 1

  /** `alone`: there is no version 2, so that this quote is the one whose every step is told. */
  private addVersion1(alone: boolean): void {
    const { record } = this.evidence;
    const fault = malformed(record);
    const what = "the record of version 1 is well-formed";
    if (fault) return this.add("version_1", "form", what, "fail", fault);
    if ((record.repo_url == null) !== (record.commit_hash == null)) this.add("version_1", "form", what, "unproven", "of `repo_url` and `commit_hash` only one is there");
    else this.add("version_1", "form", what, "pass", "every member is there");
    const quote = this.addTaskQuote(alone);
    this.addBinding(quote);
    if (alone) this.addApproved(quote);
    this.addPayloads();
  }

  private addTaskQuote(alone: boolean): Quote | undefined {
    const { record } = this.evidence;
    const group = alone ? "quote" : "version_1";
    let quote: Uint8Array;
    try {
      quote = fromBase64(record.tdx_quote);
    } catch {
      this.add(group, "quote", "the quote verifies down to the root", "fail", "`tdx_quote` is no base64");
      return undefined;
    }
    return this.addQuote(group, quote, record.timestamp, alone);
  }

  private addBinding(quote: Quote | undefined): void {
    const what = "the quote's report data is the hash of the published record";
    if (!quote) return this.add("version_1", "binding", what, "unproven", "no quote verified");
    const wanted = toHex(taskHash(this.evidence.record));
    const found = toHex(quote.reportData);
    const same = found === wanted + "00".repeat(32);
    const half = found.slice(0, 64);
    if (!same) return this.add("version_1", "binding", what, "fail", `the quote has ${half}, the record ${wanted}`);
    const uncovered = this.evidence.record.timestamp < V1_FROM ? ", which covers neither caller, project, secrets, time nor payment" : "";
    this.add("version_1", "binding", what, "pass", half + uncovered);
  }

  private addPayloads(): void {
    const { record, chain } = this.evidence;
    const add = (id: string, what: string, recorded: string, wanted: string) => {
      const same = recorded === wanted;
      this.add("version_1", id, what, passIf(same), same ? recorded : `the record says ${recorded}, it is ${wanted}`);
    };
    const input = this.choices.input ?? chain?.input;
    const output = this.choices.output ?? chain?.output;
    if (input !== undefined && record.input_hash != null) add("input", "its input", record.input_hash, hashHex(input));
    if (output !== undefined) add("output", "its output", record.output_hash, hashHex(canonicalJson(output) ?? output));
    else if (chain?.success === false) add("output", "its output", record.output_hash, hashHex(FAILED_ON_CHAIN));
  }
}

export function run(verifier: QuoteVerifier, evidence: Evidence, choices: Choices): Check[] {
  return new Report(verifier, evidence, choices).run();
}

export function overall(checks: Check[]): Verdict {
  if (checks.some((c) => c.verdict === "fail")) return "fail";
  return checks.every((c) => c.verdict === "pass") ? "pass" : "unproven";
}
