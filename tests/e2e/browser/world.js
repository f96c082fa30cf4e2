// What the page needs around it: the built coordinator with one attested job, and a stand-in for a NEAR node that shows the registration contract, the worker's key and
// the transaction of the request.
import { execFileSync, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const bin = process.env.OUTLAYER_BIN;
const TOKEN = "a-token-of-the-workers";
const MEASUREMENT = "ab".repeat(48);
export const INPUT = '{"dice":6}';
export const OUTPUT = '"4"';

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();

// The pre-image of version 1, written down here once more from docs/attestation.md: the page has its own.
function taskHash(a) {
    const le64 = (n) => {
        const b = Buffer.alloc(8);
        b.writeBigInt64LE(BigInt(n));
        return b;
    };
    const texts = [a.build_target, a.wasm_hash, a.input_hash, a.output_hash].map((t) => Buffer.from(t));
    return sha256(Buffer.concat([Buffer.from(a.task_type), le64(a.task_id), ...texts, le64(a.block_height), Buffer.from(a.caller_account_id), le64(a.timestamp), Buffer.from(a.attached_usd)]));
}

const CONTRACT = "outlayer.test.near";
const REGISTER = "worker.test.near";
const CALLER = "alice.test.near";
const TX = "9FbPyLj7d7qvZNGhTmLEfMDWgXN5GAzmFuLw8oDwHPqp";
const HASH = "11111111111111111111111111111111";
const LIMITS = { max_instructions: 1000, max_memory_mb: 16, max_execution_seconds: 5 };
const WORKER_METHODS = ["resolve_execution", "submit_execution_output_and_resolve", "resume_topup", "resume_delete_payment_key"];

// The record of version 2, and the report data of its batch: written down here once more from docs/attestation.md.
const u64 = (n) => {
    const b = Buffer.alloc(8);
    b.writeBigUInt64LE(BigInt(n));
    return b;
};
const text = (t) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(t));
    return Buffer.concat([length, Buffer.from(t)]);
};
function recordBytes(r) {
    return Buffer.concat([
        Buffer.from("OUTLAYER-RUN-v2\n"), text(r.chain), text(r.contract), ...(r.callId ? [Buffer.of(2), text(r.callId)] : [Buffer.of(1), u64(r.requestId)]), r.code, r.input, r.output, text(r.outcome),
        u64(LIMITS.max_instructions), u64(LIMITS.max_memory_mb), u64(LIMITS.max_execution_seconds), u64(321), u64(4), text(r.caller), text(""), text(""), u64(r.height), u64(r.time), r.key,
    ]);
}
const leaf = (bytes) => sha256(Buffer.concat([Buffer.of(0), bytes]));
const node = (left, right) => sha256(Buffer.concat([Buffer.of(1), left, right]));
const BATCH_TAG = Buffer.from("OUTLAYER attestation batch, v2.\n");
const batchReportData = (root, count) => Buffer.concat([sha256(Buffer.concat([BATCH_TAG, u64(count), root])), BATCH_TAG]);

function base58(bytes) {
    const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let number = BigInt(`0x${bytes.toString("hex")}`);
    let out = "";
    for (; number > 0n; number /= 58n) out = digits[Number(number % 58n)] + out;
    return out;
}

// Answers like a node: views of the contract's methods, an access key, a transaction, blocks, and the chain's id.
class FakeNode {
    constructor(network) {
        this.network = network;
        this.views = {};
        this.allowance = `${10n ** 25n}`;
        this.server = createServer(async (request, response) => {
            response.setHeader("access-control-allow-origin", "*");
            response.setHeader("access-control-allow-headers", "content-type");
            if (request.method === "OPTIONS") return response.end();
            let body = "";
            for await (const part of request) body += part;
            const { id, method, params } = JSON.parse(body);
            const result = this.#answer(method, params);
            const failed = { name: "HANDLER_ERROR", cause: { name: "UNKNOWN", info: {} }, code: -32000, message: "Server error", data: "no such thing" };
            response.end(JSON.stringify(result ? { jsonrpc: "2.0", id, result } : { jsonrpc: "2.0", id, error: failed }));
        });
    }

    #answer(method, params) {
        if (method === "status") return { chain_id: this.network };
        if (method === "block") return this.#block(params.block_id);
        if (method === "EXPERIMENTAL_tx_status") return params.tx_hash === TX ? this.transaction : undefined;
        if (params.request_type === "view_access_key") return params.public_key === this.workerKey ? this.#accessKey() : undefined;
        return { result: [...Buffer.from(JSON.stringify(this.views[params.method_name] ?? null))], logs: [], block_height: 9, block_hash: HASH };
    }

    #block(hash) {
        const { height, time } = this.blocks?.[hash] ?? { height: 9, time: 1 };
        return { author: "a", header: { height, hash: hash ?? HASH, timestamp: time * 1e9, timestamp_nanosec: `${time * 1e9}` } };
    }

    #accessKey() {
        const permission = { FunctionCall: { allowance: this.allowance, receiver_id: CONTRACT, method_names: WORKER_METHODS } };
        return { nonce: 1, permission, block_height: 9, block_hash: HASH };
    }

    async start() {
        this.server.listen(0, "127.0.0.1");
        await once(this.server, "listening");
        this.url = `http://127.0.0.1:${this.server.address().port}`;
    }
}

export class World {
    // `approved`: what the chain says of the measurements; `tamper` changes the record after the quotes were made for it; `defect` is one of the simulator's; `network` what the
    // coordinator says of its chain; `version`: the attestation has this one too; `callId`: it is one of an HTTPS call.
    static async start({ approved = true, tamper = () => {}, defect = "none", network = "devnet", version = 1, success = true, callId } = {}) {
        const world = new World();
        world.dir = mkdtempSync(join(tmpdir(), "outlayer-page-"));
        world.node = new FakeNode(network);
        world.node.views = { is_measurements_approved: approved, get_collaterals: [] };
        await world.node.start();
        await world.#startCoordinator(network);
        const job = await world.#claimJob();
        world.job = job.job_id;
        await world.#attest(job, { tamper, defect, network, version, success, callId });
        return world;
    }

    async #startCoordinator(network) {
        this.process = spawn(join(bin, "outlayer-coordinator"), [], {
            env: {
                ...process.env,
                LISTEN: "127.0.0.1:0",
                DATA_DIR: join(this.dir, "coordinator"),
                WORKER_TOKEN: TOKEN,
                OFFCHAINVM_CONTRACT_ID: CONTRACT,
                NEAR_NETWORK_ID: network,
                OPERATOR_ACCOUNT_ID: REGISTER,
                NEAR_RPC_URL: this.node.url,
                PUBLIC_RPC_URL: this.node.url,
                LOG_LEVEL: "error",
            },
            stdio: ["ignore", "pipe", "inherit"],
        });
        const [line] = await once(createInterface({ input: this.process.stdout }), "line");
        this.url = JSON.parse(line).url;
    }

    async #call(method, path, body, type = "application/json") {
        const headers = { authorization: `Bearer ${TOKEN}`, "content-type": type };
        const answer = await fetch(this.url + path, { method, headers, body });
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        return answer;
    }

    // A request with its code in the store, claimed: a job to attest.
    async #claimJob() {
        const code = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
        this.codeHash = sha256(code).toString("hex");
        await this.#call("PUT", `/wasm/${this.codeHash}`, code, "application/wasm");
        const id = { request_id: 1, data_id: "aa" };
        await this.#call("POST", "/executions/create", JSON.stringify({
            ...id, input_data: INPUT, code_source: { type: "WasmUrl", url: "https://x/y", hash: this.codeHash, build_target: "wasm32-wasip1" },
            resource_limits: LIMITS,
        }));
        await this.#call("GET", "/executions/poll?timeout=5&queue=execute");
        const claim = await this.#call("POST", "/jobs/claim", JSON.stringify({ ...id, worker_id: "w", capabilities: ["execution"] }));
        return (await claim.json()).jobs[0];
    }

    #simulate(reportData, at, defect) {
        const out = join(this.dir, "quote");
        const measurements = ["--mrtd", "--rtmr0", "--rtmr1", "--rtmr2", "--rtmr3"].flatMap((name) => [name, MEASUREMENT]);
        const broken = defect === "none" ? [] : ["--defect", defect];
        execFileSync(join(bin, "outlayer"), ["tee", "simulate", "--out", out, "--at", String(at), "--report-data", reportData, ...measurements, ...broken]);
        this.node.views.get_collaterals = [readFileSync(join(out, "collateral.json"), "utf8")];
        return readFileSync(join(out, "quote.bin"));
    }

    async #attest(job, { tamper, defect, network, version, success, callId }) {
        const output = success ? OUTPUT : "";
        const onChain = version === 2 && !callId;
        const record = {
            task_id: job.job_id, task_type: "execute", request_id: 1, caller_account_id: CALLER, block_height: 7, build_target: "wasm32-wasip1",
            wasm_hash: this.codeHash, input_hash: sha256(INPUT).toString("hex"), output_hash: sha256(success ? OUTPUT : "[EXECUTION-FAILED]").toString("hex"), attached_usd: "0",
            timestamp: job.created_at, transaction_hash: onChain ? TX : undefined, call_id: callId,
        };
        record.tdx_quote = this.#simulate(taskHash(record).toString("hex"), job.created_at, defect).toString("base64");
        if (version === 2) record.attestation_v2 = this.#signed(record, output, network, success, defect);
        if (onChain) this.#putTransaction(record, success);
        tamper(record, this);
        await this.#call("POST", "/attestations", JSON.stringify(record));
    }

    // The second of three records of a batch.
    #signed(record, output, network, success, defect) {
        const { publicKey, privateKey } = generateKeyPairSync("ed25519");
        const key = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
        const bytes = recordBytes({
            chain: network, contract: CONTRACT, requestId: 1, callId: record.call_id, code: Buffer.from(this.codeHash, "hex"), input: sha256(INPUT), output: sha256(output),
            outcome: success ? "completed" : "trap", caller: CALLER, height: 7, time: record.timestamp + 1, key,
        });
        const [first, third] = [leaf(Buffer.from("a record")), leaf(Buffer.from("another record"))];
        const root = node(node(first, leaf(bytes)), third);
        const quote = this.#simulate(batchReportData(root, 3).toString("hex"), record.timestamp, defect);
        this.node.workerKey = `ed25519:${base58(key)}`;
        return {
            version: 2, record: bytes.toString("base64"), signature: sign(null, bytes, privateKey).toString("hex"),
            batch: { index: 1, count: 3, path: [first, third].map((hash) => hash.toString("hex")), quote: quote.toString("base64") },
        };
    }

    // The request and its end, as the contract logs them.
    #putTransaction(record, success) {
        const event = (name, data) => `EVENT_JSON:${JSON.stringify({ standard: "near-outlayer", version: "1.0.0", event: name, data: [data] })}`;
        const request = {
            request_id: 1, sender_id: CALLER, code_source: { WasmUrl: { url: "https://x/y", hash: this.codeHash, build_target: "wasm32-wasip1" } }, resource_limits: LIMITS, input_data: INPUT,
        };
        const receipt = (id, block, logs, value) => ({ id, block_hash: block, outcome: { executor_id: CONTRACT, logs, status: { SuccessValue: Buffer.from(value).toString("base64") } } });
        const args = Buffer.from(JSON.stringify({ request_id: 1 })).toString("base64");
        this.node.blocks = { asked: { height: 7, time: record.timestamp }, ended: { height: 9, time: record.timestamp + 2 } };
        this.node.transaction = {
            receipts: [{ receipt_id: "r2", receipt: { Action: { actions: [{ FunctionCall: { method_name: "on_execution_response", args } }] } } }],
            receipts_outcome: [
                receipt("r1", "asked", ["a line", event("execution_requested", { request_data: JSON.stringify(request) })], ""),
                receipt("r2", "ended", [event("execution_completed", { success })], success ? OUTPUT : "null"),
            ],
        };
    }

    // What the command line says of the same job, or of another subject: its report, or its error. `copies` are the reader's own input and output.
    async report(copies = {}, subject = ["job", String(this.job)]) {
        const given = Object.entries(copies).flatMap(([name, text]) => {
            writeFileSync(join(this.dir, name), text);
            return [`--${name}`, join(this.dir, name)];
        });
        const args = ["verify", ...subject, "--json", "--network", "devnet", "--api", this.url, "--rpc", this.node.url, "--contract", CONTRACT, "--register", REGISTER];
        const command = spawn(join(bin, "outlayer"), [...args, ...given, "--root", join(this.dir, "quote", "root.der")], { stdio: ["ignore", "pipe", "pipe"] });
        const printed = { stdout: "", stderr: "" };
        const exited = once(command, "close");
        for (const name of Object.keys(printed)) command[name].setEncoding("utf8").on("data", (part) => (printed[name] += part));
        const [status] = await exited;
        return printed.stdout ? { status, ...JSON.parse(printed.stdout) } : { status, error: printed.stderr };
    }

    async stop() {
        const exited = once(this.process, "exit");
        this.process.kill("SIGTERM");
        await exited;
        this.node.server.closeAllConnections();
        this.node.server.close();
        rmSync(this.dir, { recursive: true, force: true });
    }
}
