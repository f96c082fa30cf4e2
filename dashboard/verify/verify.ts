/** The page at /verify/{job}: fetches the evidence, runs the checks here in the browser, shows each with what was seen. */
import { fromBase64 } from "./bytes";
import { Check, Evidence, overall, payloadChecks, run, simulatorRoot, Sources } from "./checks";
import { Attestation } from "./task";
import { QuoteVerifier } from "./verifier";

const SENTENCES = {
  pass: "Proven: every check passed.",
  fail: "Not proven: a check failed.",
  unproven: "Incomplete: something could not be checked.",
};

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.split("?")[0]} answered ${answer.status}`);
  return (await answer.json()) as T;
}

/** A view call of a NEAR node. */
async function view(rpc: string, contract: string, method: string, args: object): Promise<unknown> {
  const params = { request_type: "call_function", finality: "final", account_id: contract, method_name: method, args_base64: btoa(JSON.stringify(args)) };
  const answer = await fetch(rpc, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: "verify", method: "query", params }),
  });
  const { result, error } = await answer.json();
  if (error || result.error) throw new Error(`${method}: ${JSON.stringify(error ?? result.error)}`);
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(result.result)));
}

async function gather(verifier: QuoteVerifier, record: Attestation, sources: Sources): Promise<Evidence> {
  const evidence: Evidence = { record, missing: {} };
  const attempt = async (name: string, work: () => Promise<void>) => work().catch((error) => void (evidence.missing[name] = String(error)));
  const quote = fromBase64(record.tdx_quote);
  await attempt("collateral", async () => {
    const fmspc = verifier.fmspc(quote);
    const answer = await getJson<{ collateral: string }>(`/public/collateral?fmspc=${fmspc}&at=${record.timestamp ?? 0}`);
    evidence.collateral = answer.collateral;
  });
  await attempt("approved", async () => {
    if (!sources.rpc_url || !sources.register_contract_id) throw new Error("this coordinator names no chain");
    const root = evidence.collateral && simulatorRoot(evidence.collateral);
    const report = verifier.verify(quote, evidence.collateral ?? "", record.timestamp ?? 0, root || undefined);
    if (!report.measurements) throw new Error("the quote names no measurements");
    evidence.approved = (await view(sources.rpc_url, sources.register_contract_id, "is_measurements_approved", { measurements: report.measurements })) === true;
  });
  return evidence;
}

function showCheck(c: Check): HTMLLIElement {
  const item = document.createElement("li");
  item.dataset.check = c.id;
  item.dataset.verdict = c.verdict;
  const [mark, what, seen] = ["span", "span", "span"].map((tag) => item.appendChild(document.createElement(tag)));
  mark.className = `mark ${c.verdict}`;
  mark.textContent = c.verdict;
  what.textContent = c.what;
  seen.className = "seen";
  seen.textContent = c.seen;
  return item;
}

function show(checks: Check[], simulated: boolean): void {
  const verdict = overall(checks);
  const line = element("verdict");
  const pretended = simulated && verdict === "pass";
  line.className = pretended ? "unproven" : verdict;
  line.dataset.verdict = verdict;
  line.textContent = pretended ? "Consistent: every check passed, under a simulator's root. This says nothing about hardware." : SENTENCES[verdict];
  element("checks").replaceChildren(...checks.map(showCheck));
}

function showRecord(record: Attestation): void {
  const rows = Object.entries(record).flatMap(([name, value]) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = name === "tdx_quote" ? `${fromBase64(String(value)).length} bytes` : String(value);
    return [term, text];
  });
  element("record").replaceChildren(...rows);
}

function refuse(sentence: string): void {
  const line = element("verdict");
  line.className = "unproven";
  line.dataset.verdict = "unproven";
  line.textContent = sentence;
}

async function main(): Promise<void> {
  const job = location.pathname.split("/").at(-1) ?? "";
  element("subject").textContent = `Job ${job}`;
  const answer = await fetch(`/attestations/${encodeURIComponent(job)}`);
  if (answer.status === 404) return refuse("There is no attestation of this job, or not yet.");
  if (!answer.ok) return refuse(`The coordinator answered ${answer.status}.`);
  const record = (await answer.json()) as Attestation;
  const sources = await getJson<Sources>("/public/sources");
  const verifier = await QuoteVerifier.load("/verify/assets/verifier.wasm");
  const evidence = await gather(verifier, record, sources);
  const simulator = evidence.collateral !== undefined && simulatorRoot(evidence.collateral) !== undefined;

  const accept = element<HTMLInputElement>("simulator");
  const [input, output] = [element<HTMLTextAreaElement>("input"), element<HTMLTextAreaElement>("output")];
  const typed = (area: HTMLTextAreaElement) => (area.value === "" ? undefined : area.value);
  const update = () =>
    show([...run(verifier, evidence, accept.checked), ...payloadChecks(record, typed(input), typed(output))], simulator && accept.checked);
  element("choices").hidden = !simulator || sources.network !== "devnet";
  element("root").textContent = simulator ? "The quote hangs on a simulator's root, not on Intel's." : "";
  const command = element("again").appendChild(document.createElement("code"));
  command.textContent = `outlayer verify job ${job}${sources.network === null ? "" : ` --network ${sources.network}`}`;
  for (const field of [accept, input, output]) field.addEventListener("input", update);
  showRecord(record);
  update();
}

main().catch((error) => refuse(`This page could not check anything: ${error}`));
