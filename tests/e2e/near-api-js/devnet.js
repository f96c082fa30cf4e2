// The built devnet as a child process: started on a free port, ended with its test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Account, JsonRpcProvider, KeyPairSigner } from "near-api-js";

const bin = process.env.OUTLAYER_BIN;
const contracts = process.env.OUTLAYER_CONTRACTS;
const CHAIN_ID = "devnet";

// The compiled contract NAME of this build.
export function contract(name) {
    return readFileSync(join(contracts, `${name}.wasm`));
}

export class Devnet {
    // `tick_ms` between blocks without work. Starts in a folder of its own; restart() goes on in it.
    static async start({ tick_ms = 200 } = {}) {
        const devnet = new Devnet();
        devnet.dir = mkdtempSync(join(tmpdir(), "outlayer-devnet-"));
        devnet.tick_ms = tick_ms;
        await devnet.#spawn();
        return devnet;
    }

    async #spawn() {
        this.process = spawn(join(bin, "outlayer-devnet"), [], {
            env: {
                ...process.env,
                LISTEN: "127.0.0.1:0",
                DATA_DIR: join(this.dir, "chain"),
                CREDENTIALS_DIR: join(this.dir, "credentials"),
                CHAIN_ID,
                TICK_MS: String(this.tick_ms),
            },
            stdio: ["ignore", "pipe", "inherit"],
        });
        const exited = once(this.process, "exit").then(([code, signal]) => {
            throw new Error(`outlayer-devnet ended with ${code ?? signal} before it was ready`);
        });
        exited.catch(() => {}); // a later exit is stop()'s affair
        const lines = createInterface({ input: this.process.stdout });
        const [line] = await Promise.race([once(lines, "line"), exited]);
        this.url = JSON.parse(line).rpc;
        this.provider = new JsonRpcProvider({ url: this.url });
    }

    // Ends the process with `signal` and waits for it; the data stays.
    async end(signal = "SIGTERM") {
        if (this.process.exitCode === null && this.process.signalCode === null) {
            const exited = once(this.process, "exit");
            this.process.kill(signal);
            await exited;
        }
        return this.process.exitCode;
    }

    async restart(signal) {
        await this.end(signal);
        await this.#spawn();
    }

    async stop() {
        const code = await this.end();
        rmSync(this.dir, { recursive: true, force: true });
        return code;
    }

    // An account with the key that `key` holds, or that the devnet wrote for a genesis account.
    account(id, key) {
        key ??= JSON.parse(readFileSync(join(this.dir, "credentials", CHAIN_ID, `${id}.json`))).private_key;
        return new Account(id, this.provider, KeyPairSigner.fromSecretKey(key.toString()));
    }

    // near-sandbox's extra: the chain jumps `blocks` heights.
    fastForward(blocks) {
        return this.provider.sendJsonRpc("sandbox_fast_forward", { delta_height: blocks });
    }
}
