// What the page needs around it: the built coordinator with one attested job, and a stand-in for a NEAR node that answers the two views of the registration contract.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
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

// Answers like a node: `view` of the contract's methods, and the head.
class FakeNode {
    constructor(views) {
        this.views = views;
        this.server = createServer(async (request, response) => {
            response.setHeader("access-control-allow-origin", "*");
            response.setHeader("access-control-allow-headers", "content-type");
            if (request.method === "OPTIONS") return response.end();
            let text = "";
            for await (const part of request) text += part;
            response.end(JSON.stringify({ jsonrpc: "2.0", id: "0", result: this.#answer(JSON.parse(text)) }));
        });
    }

    #answer({ method, params }) {
        const hash = "11111111111111111111111111111111";
        if (method === "block") return { author: "a", header: { height: 9, hash, timestamp: 1, timestamp_nanosec: "1" } };
        const value = this.views[params.method_name];
        return { result: [...Buffer.from(JSON.stringify(value ?? null))], logs: [], block_height: 9, block_hash: hash };
    }

    async start() {
        this.server.listen(0, "127.0.0.1");
        await once(this.server, "listening");
        this.url = `http://127.0.0.1:${this.server.address().port}`;
    }
}

export class World {
    // `approved`: what the chain says of the measurements; `tamper` changes the record after the quote was made for it; `defect` is one of the simulator's; `network` what the coordinator says of its chain.
    static async start({ approved = true, tamper = () => {}, defect = "none", network = "devnet" } = {}) {
        const world = new World();
        world.dir = mkdtempSync(join(tmpdir(), "outlayer-page-"));
        world.views = { is_measurements_approved: approved, get_collaterals: [] };
        world.node = new FakeNode(world.views);
        await world.node.start();
        await world.#startCoordinator(network);
        const job = await world.#claimJob();
        await world.#attest(job, tamper, defect);
        world.job = job.job_id;
        return world;
    }

    async #startCoordinator(network) {
        this.process = spawn(join(bin, "outlayer-coordinator"), [], {
            env: {
                ...process.env,
                LISTEN: "127.0.0.1:0",
                DATA_DIR: join(this.dir, "coordinator"),
                WORKER_TOKEN: TOKEN,
                OFFCHAINVM_CONTRACT_ID: "outlayer.test.near",
                NEAR_NETWORK_ID: network,
                OPERATOR_ACCOUNT_ID: "worker.test.near",
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
            resource_limits: { max_instructions: 1000, max_memory_mb: 16, max_execution_seconds: 5 },
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
        this.views.get_collaterals = [readFileSync(join(out, "collateral.json"), "utf8")];
        return readFileSync(join(out, "quote.bin"));
    }

    async #attest(job, tamper, defect) {
        const record = {
            task_id: job.job_id, task_type: "execute", request_id: 1, caller_account_id: "alice.test.near", block_height: 7, build_target: "wasm32-wasip1",
            wasm_hash: this.codeHash, input_hash: sha256(INPUT).toString("hex"), output_hash: sha256(OUTPUT).toString("hex"), attached_usd: "0",
            timestamp: job.created_at,
        };
        const quote = this.#simulate(taskHash(record).toString("hex"), job.created_at, defect);
        tamper(record);
        await this.#call("POST", "/attestations", JSON.stringify({ ...record, tdx_quote: quote.toString("base64") }));
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
