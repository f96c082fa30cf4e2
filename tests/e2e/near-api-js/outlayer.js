// The main contract on a devnet of its own, with the accounts that its journeys need.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { actions, getTransactionLastResult, KeyPair, nearToYocto, teraToGas } from "near-api-js";
import { contract, Devnet } from "./devnet.js";

export const HASH = "ab".repeat(32);
export const CODE = { WasmUrl: { url: "https://example.com/a.wasm", hash: HASH, build_target: "wasm32-wasip1" } };
export const LIMITS = { max_instructions: 1_000_000_000, max_memory_mb: 128, max_execution_seconds: 60 };

export class World {
    #keys = new Map();

    static async start() {
        const world = new World();
        world.devnet = await Devnet.start();
        world.provider = world.devnet.provider;
        world.root = world.devnet.account("test.near");
        world.owner = await world.account("owner");
        world.operator = await world.account("worker");
        world.outlayer = await world.account("outlayer", { near: 100, code: "outlayer" });
        await world.call(world.owner, "new", { owner_id: world.owner.accountId, operator_id: world.operator.accountId });
        return world;
    }

    async stop() {
        assert.equal(await this.devnet.stop(), 0, "the devnet ends cleanly on SIGTERM");
    }

    // NAME.test.near, with code perhaps.
    async account(name, { near = 50, code } = {}) {
        const key = KeyPair.fromRandom("ed25519");
        const id = `${name}.test.near`;
        await this.root.createAccount({ newAccountId: id, publicKey: key.getPublicKey(), nearToTransfer: nearToYocto(near) });
        this.#keys.set(id, key);
        const account = this.devnet.account(id, key);
        if (code) await account.deployContract(contract(code));
        return account;
    }

    // A call of the main contract, or of `to`; `deposit` in yocto. Gives what the method returns.
    call(from, methodName, args = {}, { deposit = 0n, to = this.outlayer, ...rest } = {}) {
        return from.callFunction({ contractId: to.accountId, methodName, args, deposit, gas: teraToGas(250), ...rest });
    }

    // The same, but gives the whole outcome: its logs, and what it burnt.
    async outcome(from, methodName, args = {}, { deposit = 0n, to = this.outlayer } = {}) {
        return from.signAndSendTransaction({
            receiverId: to.accountId,
            actions: [actions.functionCall(methodName, args, teraToGas(250), deposit)],
        });
    }

    view(method, args = {}, { of = this.outlayer } = {}) {
        return this.provider.callFunction({ contractId: of.accountId, method, args });
    }

    async refused(promise, text) {
        await assert.rejects(promise, (e) => e.message.includes(text) || assert.fail(`refused with ${e.message}, not ${text}`));
    }

    // Asks for a run and gives { id, result } once the chain knows the request; `result` is settled when it has ended.
    async request(from, args, { deposit = nearToYocto(0.1) } = {}) {
        const before = await this.view("get_pending_request_ids", { limit: 1000 });
        const result = this.call(from, "request_execution", { resource_limits: LIMITS, ...args }, { deposit, waitUntil: "EXECUTED" });
        result.catch(() => {}); // awaited by the test
        for (let i = 0; i < 1000; i++) {
            const id = (await this.view("get_pending_request_ids", { limit: 1000 })).find((id) => !before.includes(id));
            if (id !== undefined) return { id, result };
            await Promise.race([sleep(10), result.then(() => assert.fail("the request ended at once"))]);
        }
        assert.fail("the request does not come");
    }

    // The operator's answer.
    resolve(request_id, response) {
        return this.call(this.operator, "resolve_execution", {
            request_id,
            response: { success: true, output: null, error: null, resources_used: { instructions: 5_000_000, time_ms: 20 }, ...response },
        });
    }

    // Starts a call that waits for the operator: its event of this kind, the id it waits under, and what comes of it.
    async waiting(kind, from, methodName, args, { deposit = 0n, to = this.outlayer } = {}) {
        const signed = await from.createSignedTransaction({
            receiverId: to.accountId,
            actions: [actions.functionCall(methodName, args, teraToGas(250), deposit)],
        });
        const sent = await this.provider.sendTransactionUntil(signed, "INCLUDED");
        const status = (waitUntil) =>
            this.provider.viewTransactionStatus({ txHash: sent.transaction.hash, accountId: from.accountId, waitUntil });
        for (let i = 0; i < 1000; i++, await sleep(10)) {
            const event = this.events(await status("INCLUDED")).find(({ data }) => data[0][kind])?.data[0][kind];
            if (!event) continue;
            const result = status("EXECUTED").then(getTransactionLastResult);
            result.catch(() => {}); // awaited by the test
            return { event, dataId: Buffer.from(event.data_id).toString("hex"), result };
        }
        assert.fail(`no ${kind} comes`);
    }

    async balance(account) {
        return (await account.getState()).balance.total;
    }

    // The events of an outcome's receipts, in order.
    events(outcome) {
        return outcome.receipts_outcome
            .flatMap(({ outcome: o }) => o.logs)
            .filter((line) => line.startsWith("EVENT_JSON:"))
            .map((line) => JSON.parse(line.slice("EVENT_JSON:".length)));
    }

    // A stablecoin that the contract takes; `holders` begin with a million dollars.
    async stablecoin(holders) {
        this.token = await this.account("usdc", { code: "ft" });
        const to = this.token;
        await this.call(this.owner, "new", { owner_id: this.owner.accountId, total_supply: "1000000000000000" }, { to });
        for (const { accountId } of [this.outlayer, ...holders])
            await this.call(this.owner, "storage_deposit", { account_id: accountId }, { to, deposit: nearToYocto(0.01) });
        for (const { accountId } of holders)
            await this.call(this.owner, "ft_transfer", { receiver_id: accountId, amount: "1000000000000" }, { to, deposit: 1n });
        await this.call(this.owner, "set_payment_token_contract", { token_contract: to.accountId });
    }

    // Sends tokens to the contract; gives what it kept.
    pay(from, amount, msg, options = {}) {
        const args = { receiver_id: this.outlayer.accountId, amount: String(amount), msg: JSON.stringify(msg) };
        return this.call(from, "ft_transfer_call", args, { to: this.token, deposit: 1n, ...options });
    }

    tokens(account) {
        return this.view("ft_balance_of", { account_id: account.accountId }, { of: this.token });
    }
}
