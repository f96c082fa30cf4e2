/** The page at /verify/{job}: fetches the evidence, runs the checks here in the browser, shows each with what was seen. */
import { Node } from "./chain";
import { Check, Evidence, overall, quoteOf, run, simulatorRoot, Sources } from "./checks";
import { readSigned } from "./record";
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

/** Everything that can be had; what cannot be is missing, and its steps stay open. */
async function gather(verifier: QuoteVerifier, record: Attestation, sources: Sources): Promise<Evidence> {
  const evidence: Evidence = { record, sources };
  const attempt = async (work: () => Promise<void>) => work().catch((error) => console.warn(error));
  const quote = quoteOf(record);
  await attempt(async () => {
    if (!quote) return;
    const answer = await getJson<{ collateral: string }>(`/public/collateral?fmspc=${verifier.fmspc(quote)}&at=${record.timestamp}`);
    evidence.collateral = answer.collateral;
  });
  if (sources.rpc_url) await attempt(() => askChain(verifier, evidence, quote, new Node(sources.rpc_url!)));
  return evidence;
}

async function askChain(verifier: QuoteVerifier, evidence: Evidence, quote: Uint8Array | undefined, node: Node): Promise<void> {
  const { record, sources, collateral } = evidence;
  const register = sources.register_contract_id;
  if ((await node.chainId()) !== sources.network) throw new Error(`${sources.rpc_url} serves another chain than ${sources.network}`);
  evidence.chain = await node.request(record, sources.contract_id);
  if (!register) return;
  const { measurements } = quote ? verifier.verify(quote, collateral ?? "", record.timestamp, collateral ? simulatorRoot(collateral) : undefined) : {};
  if (measurements) evidence.approved = (await node.view(register, "is_measurements_approved", { measurements })) === true;
  const key = record.attestation_v2 && verifier.record(readSigned(record.attestation_v2).record)?.worker_key_text;
  if (key) evidence.registered = await node.isWorkerKey(register, sources.contract_id, key);
}

function showCheck(c: Check): HTMLLIElement {
  const item = document.createElement("li");
  item.dataset.check = `${c.group}/${c.id}`;
  item.dataset.verdict = c.verdict;
  const [mark, what, seen] = ["span", "span", "span"].map((tag) => item.appendChild(document.createElement(tag)));
  mark.className = `mark ${c.verdict}`;
  mark.textContent = c.verdict;
  what.textContent = `${c.group}: ${c.what}`;
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
    text.textContent = name === "tdx_quote" ? `${String(value).length} characters` : typeof value === "object" ? JSON.stringify(value) : String(value);
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
    show(run(verifier, evidence, { acceptSimulator: accept.checked, input: typed(input), output: typed(output) }), simulator && accept.checked);
  element("choices").hidden = !simulator || sources.network !== "devnet";
  element("root").textContent = simulator ? "The quote hangs on a simulator's root, not on Intel's." : "";
  const command = element("again").appendChild(document.createElement("code"));
  command.textContent = `outlayer verify job ${job}${sources.network === null ? "" : ` --network ${sources.network}`}`;
  for (const field of [accept, input, output]) field.addEventListener("input", update);
  showRecord(record);
  update();
}

main().catch((error) => refuse(`This page could not check anything: ${error}`));
