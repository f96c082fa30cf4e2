// The devnet as an unmodified near-api-js client meets it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { actions, baseEncode, encodeTransaction, getTransactionLastResult, KeyPair, nearToYocto, teraToGas } from "near-api-js";
import { contract, Devnet } from "./devnet.js";

let devnet, provider, root;

before(async () => {
    devnet = await Devnet.start();
    provider = devnet.provider;
    root = devnet.account("test.near");
});

after(async () => {
    assert.equal(await devnet.stop(), 0, "the devnet ends cleanly on SIGTERM");
});

let count = 0;
const keys = new Map(); // account id → key pair

// A new account under test.near with a balance in NEAR and, perhaps, code.
async function newAccount({ near = 20, code } = {}) {
    const key = KeyPair.fromRandom("ed25519");
    const id = `a${count++}.test.near`;
    await root.createAccount({ newAccountId: id, publicKey: key.getPublicKey(), nearToTransfer: nearToYocto(near) });
    keys.set(id, key);
    const account = devnet.account(id, key);
    if (code) await account.deployContract(contract(code));
    return account;
}

async function until(what, condition) {
    for (let i = 0; i < 500; i++) {
        const value = await condition();
        if (value) return value;
        await sleep(10);
    }
    assert.fail(`${what} does not come`);
}

const pendingOf = (yielder) => provider.callFunction({ contractId: yielder.accountId, method: "pending", args: {} });

// Calls wait() and gives the promise of its result, once the chain knows the yield.
async function startWaiting(yielder, caller) {
    const before = (await pendingOf(yielder)).length;
    const result = caller.callFunction({
        contractId: yielder.accountId,
        methodName: "wait",
        gas: teraToGas(100),
        waitUntil: "EXECUTED",
    });
    result.catch(() => {}); // awaited later, by the test
    const pending = await until("the yield", async () => {
        const ids = await pendingOf(yielder);
        return ids.length > before && ids;
    });
    return { result, dataId: pending.at(-1) };
}

test("the node says who it is", async () => {
    assert.equal(await provider.getNetworkId(), "devnet");
    const status = await provider.viewNodeStatus();
    assert.equal(status.protocol_version, 85);
    assert.equal(status.sync_info.syncing, false);
    assert.equal((await provider.viewGasPrice()).gas_price, "100000000");
    assert.equal((await provider.viewValidators({ blockId: null })).current_validators.length, 1);
    const config = await provider.experimental_protocolConfig({ finality: "final" });
    assert.equal(config.runtime_config.storage_amount_per_byte, "10000000000000000000");
});

test("blocks and chunks are viewed", async () => {
    const head = await provider.viewBlock({ finality: "final" });
    const same = await provider.viewBlock({ blockId: head.header.hash });
    assert.equal(same.header.height, head.header.height);
    const chunk = await provider.viewChunk(head.chunks[0].chunk_hash);
    assert.equal(chunk.header.height_included, head.header.height);
    await assert.rejects(provider.viewBlock({ blockId: 99999999 }), { name: "UnknownBlockError" });
});

test("blocks are named by height, hash and finality, chunks by hash and shard", async () => {
    const genesis = await provider.viewBlock({ blockId: 0 });
    assert.equal(genesis.header.prev_height, null);
    for (const finality of ["optimistic", "near-final", "final"]) {
        const block = await provider.viewBlock({ finality });
        assert.equal(block.author, "test.near");
        assert.deepEqual((await provider.viewBlock({ blockId: block.header.height })).header, block.header);
        assert.equal((await provider.viewChunk([block.header.height, 0])).header.chunk_hash, block.chunks[0].chunk_hash);
    }
    const account = await newAccount();
    const { transaction, transaction_outcome } = await account.transfer({ receiverId: root.accountId, amount: 1n });
    const { chunks } = await provider.viewBlock({ blockId: transaction_outcome.block_hash });
    const chunk = await provider.viewChunk(chunks[0].chunk_hash);
    assert.ok(chunk.transactions.some(({ hash }) => hash === transaction.hash));
});

test("an account is created with its key", async () => {
    const account = await newAccount({ near: 7 });
    const state = await account.getState();
    assert.equal(state.balance.total, nearToYocto(7));
    const { keys } = await account.getAccessKeyList();
    assert.equal(keys.length, 1);
    assert.equal(keys[0].access_key.permission, "FullAccess");
    await assert.rejects(
        root.createAccount({ newAccountId: account.accountId, publicKey: KeyPair.fromRandom("ed25519").getPublicKey() }),
        { name: "AccountAlreadyExistsActionError" },
    );
});

test("NEAR is transferred", async () => {
    const [from, to] = [await newAccount(), await newAccount()];
    const outcome = await from.transfer({ receiverId: to.accountId, amount: nearToYocto(3) });
    assert.equal((await to.getState()).balance.total, nearToYocto(23));
    const burnt = [outcome.transaction_outcome, ...outcome.receipts_outcome].reduce((n, o) => n + BigInt(o.outcome.tokens_burnt), 0n);
    await provider.viewTransactionStatus({ txHash: outcome.transaction.hash, accountId: from.accountId, waitUntil: "FINAL" });
    assert.equal((await from.getState()).balance.total, nearToYocto(17) - burnt);
    await assert.rejects(
        from.transfer({ receiverId: to.accountId, amount: nearToYocto(1000) }),
        { name: "NotEnoughBalanceError" },
    );
});

test("code is deployed and read back", async () => {
    const account = await newAccount();
    const view = () => provider.viewAccount({ accountId: account.accountId });
    assert.equal((await view()).code_hash, "11111111111111111111111111111111");
    await account.deployContract(contract("yielder"));
    const { code, hash } = await account.getContractCode();
    assert.deepEqual(Buffer.from(code), contract("yielder"));
    assert.equal((await view()).code_hash, hash);
});

test("a yielded call ends with the value it is resumed with", async () => {
    const [yielder, caller] = [await newAccount({ code: "yielder" }), await newAccount()];
    assert.deepEqual(await pendingOf(yielder), []);
    const { result, dataId } = await startWaiting(yielder, caller);
    const taken = await root.callFunction({
        contractId: yielder.accountId,
        methodName: "answer",
        args: { data_id: dataId, value: { text: "forty-two", n: 42 } },
    });
    assert.equal(taken, true);
    assert.deepEqual(await result, { text: "forty-two", n: 42 });
    assert.deepEqual(await pendingOf(yielder), []);
});

test("several yields are answered out of order, each with its own value", async () => {
    const yielder = await newAccount({ code: "yielder" });
    const waits = [];
    for (let i = 0; i < 3; i++) waits.push(await startWaiting(yielder, await newAccount()));
    for (const i of [2, 0, 1])
        await root.callFunction({
            contractId: yielder.accountId,
            methodName: "answer",
            args: { data_id: waits[i].dataId, value: `answer ${i}` },
        });
    for (const i of [0, 1, 2]) assert.equal(await waits[i].result, `answer ${i}`);
});

test("a yield that nobody answers ends after 200 blocks", async () => {
    const yielder = await newAccount({ code: "yielder" });
    const { result } = await startWaiting(yielder, await newAccount());
    await devnet.fastForward(250);
    assert.equal(await result, null);
    assert.deepEqual(await pendingOf(yielder), []);
});

test("a transaction is sent without waiting and followed by its hash", async () => {
    const account = await newAccount();
    const signed = await account.createSignedTransaction({ receiverId: root.accountId, actions: [actions.transfer(1n)] });
    const hash = baseEncode(createHash("sha256").update(encodeTransaction(signed.transaction)).digest());
    assert.equal((await provider.sendTransactionAsync(signed)).final_execution_status, "NONE");
    const outcome = await provider.viewTransactionStatus({ txHash: hash, accountId: account.accountId, waitUntil: "FINAL" });
    assert.equal(outcome.final_execution_status, "FINAL");
    assert.equal(getTransactionLastResult(outcome), "");
    const full = await provider.viewTransactionStatusWithReceipts({ txHash: hash, accountId: account.accountId });
    assert.equal(full.receipts[0].receiver_id, root.accountId);
    const receipt = await provider.viewTransactionReceipt(full.receipts[0].receipt_id);
    assert.equal(receipt.predecessor_id, account.accountId);
    const again = await provider.sendTransaction(signed);
    assert.equal(again.transaction.hash, hash);
});

test("a transaction comes through every level of finality", async () => {
    const account = await newAccount();
    const levels = ["INCLUDED", "EXECUTED_OPTIMISTIC", "INCLUDED_FINAL", "EXECUTED", "FINAL"];
    for (const waitUntil of levels) {
        const signed = await account.createSignedTransaction({ receiverId: root.accountId, actions: [actions.transfer(1n)] });
        const outcome = await provider.sendTransactionUntil(signed, waitUntil);
        assert.ok(levels.indexOf(outcome.final_execution_status) >= 0);
        const again = await provider.viewTransactionStatus({ txHash: outcome.transaction.hash, accountId: account.accountId, waitUntil: "FINAL" });
        assert.equal(again.final_execution_status, "FINAL");
    }
    for (const finality of ["optimistic", "near-final", "final"])
        assert.equal((await provider.viewAccount({ accountId: account.accountId, finality })).locked, 0n);
});

test("keys of every kind are listed with what they may", async () => {
    const account = await newAccount();
    const [full, limited] = [KeyPair.fromRandom("ed25519"), KeyPair.fromRandom("ed25519")];
    await account.addFullAccessKey(full.getPublicKey());
    await account.addFunctionCallAccessKey({ publicKey: limited.getPublicKey(), contractId: "c.test.near", methodNames: ["a", "b"], allowance: 5n });
    const { keys: listed } = await account.getAccessKeyList();
    const permissionOf = (key) => listed.find((k) => k.public_key === key.getPublicKey().toString()).access_key.permission;
    assert.equal(listed.length, 3);
    assert.equal(permissionOf(full), "FullAccess");
    assert.deepEqual(permissionOf(limited), { FunctionCall: { allowance: "5", receiver_id: "c.test.near", method_names: ["a", "b"] } });
});

test("a delegated call is its signer's, and is taken once", async () => {
    const [sender, relayer] = [await newAccount({ near: 5 }), await newAccount()];
    const yielder = await newAccount({ code: "yielder" });
    const made = await sender.createSignedMetaTransaction({
        receiverId: `made.${sender.accountId}`,
        actions: [actions.createAccount(), actions.deployContract(contract("yielder"))],
    });
    const { transaction } = await relayer.relayMetaTransaction(made.signedDelegate);
    assert.deepEqual(transaction.actions[0].Delegate.delegate_action.actions, [
        { CreateAccount: {} },
        { DeployContract: { code: contract("yielder").toString("base64") } },
    ]);
    const { signedDelegate } = await sender.createSignedMetaTransaction({
        receiverId: yielder.accountId,
        actions: [actions.functionCall("pending", {}, teraToGas(10), 0n)],
    });
    const relay = () => relayer.relayMetaTransaction(signedDelegate);
    const outcome = await relay();
    assert.ok(outcome.receipts_outcome.some(({ outcome: o }) => o.executor_id === yielder.accountId && o.status.SuccessValue === "W10="));
    assert.equal((await sender.getState()).balance.total, nearToYocto(5));
    assert.ok((await relayer.getState()).balance.total < nearToYocto(20));
    await assert.rejects(relay(), /nonce/i); // once only
});

test("a function-call key calls what it may and nothing else", async () => {
    const [yielder, owner] = [await newAccount({ code: "yielder" }), await newAccount()];
    const key = KeyPair.fromRandom("ed25519");
    await owner.addFunctionCallAccessKey({
        publicKey: key.getPublicKey(),
        contractId: yielder.accountId,
        methodNames: ["answer"],
        allowance: nearToYocto(1),
    });
    const limited = devnet.account(owner.accountId, key);
    const { result, dataId } = await startWaiting(yielder, root);
    await limited.callFunction({ contractId: yielder.accountId, methodName: "answer", args: { data_id: dataId, value: 1 } });
    assert.equal(await result, 1);
    const { permission } = await owner.getAccessKey(key.getPublicKey());
    assert.ok(BigInt(permission.FunctionCall.allowance) < nearToYocto(1));
    await assert.rejects(
        limited.callFunction({ contractId: yielder.accountId, methodName: "wait" }),
        { name: "AccessKeyMethodNameMismatchActionError" },
    );
    await assert.rejects(limited.transfer({ receiverId: root.accountId, amount: 1n }), { name: "AccessKeyRequiresFullAccessActionError" });
});

test("a relayer sends and pays for what another account signed", async () => {
    const [owner, heir] = [await newAccount({ near: 3 }), await newAccount({ near: 1 })];
    const { signedDelegate } = await owner.createSignedMetaTransaction({
        receiverId: heir.accountId,
        actions: [actions.transfer(nearToYocto(2))],
    });
    const outcome = await root.relayMetaTransaction(signedDelegate);
    const [{ Delegate }] = outcome.transaction.actions;
    assert.equal(Delegate.delegate_action.sender_id, owner.accountId);
    assert.deepEqual(Delegate.delegate_action.actions, [{ Transfer: { deposit: nearToYocto(2).toString() } }]);
    assert.equal((await owner.getState()).balance.total, nearToYocto(3)); // the relayer pays deposits too
    assert.equal((await heir.getState()).balance.total, nearToYocto(3));
    await assert.rejects(root.relayMetaTransaction(signedDelegate), (e) => /InvalidNonce/.test(JSON.stringify(e) + e.name + e.message));
});

test("a secp256k1 key signs", async () => {
    const account = await newAccount();
    const key = KeyPair.fromRandom("secp256k1");
    await account.addFullAccessKey(key.getPublicKey());
    await devnet.account(account.accountId, key).transfer({ receiverId: root.accountId, amount: 1n });
    const { keys: list } = await account.getAccessKeyList();
    assert.ok(list.some(({ public_key }) => public_key === key.getPublicKey().toString()));
});

test("a page of any origin may ask", async () => {
    const origin = "https://app.example";
    const preflight = await fetch(devnet.url, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    assert.ok(preflight.ok);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.match(preflight.headers.get("access-control-allow-methods"), /POST/);
    assert.match(preflight.headers.get("access-control-allow-headers"), /content-type/);
    const answer = await fetch(devnet.url, {
        method: "POST",
        headers: { origin, "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "block", params: { finality: "final" } }),
    });
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.ok((await answer.json()).result.header.height >= 0);
});

test("a post-quantum key signs, and is known by its digest", async () => {
    const account = await newAccount();
    const key = KeyPair.fromRandom("ml-dsa-65");
    await account.addFullAccessKey(key.getPublicKey());
    const quantum = devnet.account(account.accountId, key);
    const sent = await quantum.signAndSendTransaction({ receiverId: root.accountId, actions: [actions.transfer(1n)] });
    const transfer = 223182562500, signature = 100000000000;
    assert.equal(sent.transaction_outcome.outcome.gas_burnt, transfer + signature);
    const { keys: list } = await account.getAccessKeyList();
    assert.equal(list.filter(({ public_key }) => public_key.startsWith("ml-dsa-65-hash:")).length, 1);
    assert.equal((await account.getAccessKey(key.getPublicKey())).permission, "FullAccess");
    await quantum.deleteKey(key.getPublicKey());
    await assert.rejects(quantum.transfer({ receiverId: root.accountId, amount: 1n }), { name: "AccessKeyNotFoundActionError" });
});

test("a global contract runs on the accounts that use it", async () => {
    const [owner, user] = [await newAccount(), await newAccount()];
    await owner.deployGlobalContract(contract("yielder"), "accountId");
    await user.useGlobalContract({ accountId: owner.accountId });
    assert.deepEqual(await pendingOf(user), []);
    const view = await provider.viewAccount({ accountId: user.accountId });
    assert.equal(view.global_contract_account_id, owner.accountId);
    assert.equal(view.code_hash, "11111111111111111111111111111111");
    const { code } = await user.getContractCode();
    assert.deepEqual(Buffer.from(code), contract("yielder"));
    const global = await provider.viewGlobalContractCode({ identifier: { accountId: owner.accountId } });
    assert.deepEqual(Buffer.from(global.code), contract("yielder"));
    await assert.rejects(user.useGlobalContract({ accountId: "nobody.near" }), { name: "GlobalContractDoesNotExistActionError" });
});

test("what a transfer changed is listed with its cause", async () => {
    const [from, to] = [await newAccount(), await newAccount()];
    const outcome = await from.transfer({ receiverId: to.accountId, amount: nearToYocto(1) });
    const { changes } = await provider.sendJsonRpc("EXPERIMENTAL_changes", {
        block_id: outcome.receipts_outcome[0].block_hash,
        changes_type: "account_changes",
        account_ids: [to.accountId],
    });
    assert.equal(changes.length, 1);
    assert.deepEqual(changes[0].cause, { type: "receipt_processing", receipt_hash: outcome.receipts_outcome[0].id });
    assert.equal(changes[0].change.amount, nearToYocto(21).toString());
});

test("a deleted key signs nothing any more", async () => {
    const account = await newAccount();
    const key = KeyPair.fromRandom("ed25519");
    await account.addFullAccessKey(key.getPublicKey());
    const second = devnet.account(account.accountId, key);
    await second.transfer({ receiverId: root.accountId, amount: 1n });
    await account.deleteKey(key.getPublicKey());
    await assert.rejects(account.getAccessKey(key.getPublicKey()), { name: "AccessKeyDoesNotExistError" });
    await assert.rejects(second.transfer({ receiverId: root.accountId, amount: 1n }), { name: "AccessKeyNotFoundActionError" });
});

test("an account is deleted and its balance goes to the beneficiary", async () => {
    const [gone, heir] = [await newAccount({ near: 5 }), await newAccount({ near: 1 })];
    await gone.deleteAccount(heir.accountId);
    await assert.rejects(gone.getState(), { name: "AccountDoesNotExistError" });
    assert.ok((await heir.getState()).balance.total > nearToYocto(5.9));
});

test("failures arrive as the client's own error types", async () => {
    const yielder = await newAccount({ code: "yielder" });
    const view = (method, args = {}) => provider.callFunction({ contractId: yielder.accountId, method, args });
    await assert.rejects(provider.viewAccount({ accountId: "nobody.test.near" }), { name: "AccountDoesNotExistError" });
    await assert.rejects(view("no_such_method"), { name: "ContractMethodNotFoundError" });
    await assert.rejects(view("answer", { data_id: 99, value: 1 }), {
        message: 'wasm execution failed with error: HostError(GuestPanic { panic_msg: "nothing waits under this number" })',
    });
    await assert.rejects(
        provider.callFunction({ contractId: root.accountId, method: "x", args: {} }),
        { name: "ContractCodeDoesNotExistError" },
    );
    await assert.rejects(
        root.callFunction({ contractId: yielder.accountId, methodName: "answer", args: { data_id: 99, value: 1 } }),
        { name: "ContractExecutionError", message: "Smart contract panicked: nothing waits under this number" },
    );
    await assert.rejects(root.callFunction({ contractId: yielder.accountId, methodName: "none" }), { name: "ContractMethodNotFoundError" });
    await assert.rejects(provider.sendJsonRpc("no_such_method", {}), { name: "RpcMethodNotFoundError" });
    await assert.rejects(provider.sendJsonRpc("query", {}), { name: "RpcRequestParseError" });
});

test("a nonce that others have passed is taken anew", async () => {
    const account = await newAccount();
    const twin = devnet.account(account.accountId, keys.get(account.accountId));
    for (let i = 0; i < 3; i++) {
        await account.transfer({ receiverId: root.accountId, amount: 1n });
        await twin.transfer({ receiverId: root.accountId, amount: 1n });
    }
});

test("the chain goes on where it stopped, also after a kill", async () => {
    const account = await newAccount({ near: 9, code: "yielder" });
    const { result, dataId } = await startWaiting(account, root);
    const { header } = await provider.viewBlock({ finality: "final" });
    await devnet.restart("SIGKILL");
    provider = devnet.provider;
    root = devnet.account("test.near");
    assert.equal((await provider.viewBlock({ blockId: header.height })).header.hash, header.hash);
    assert.deepEqual(await pendingOf(account), [dataId]);
    await root.callFunction({ contractId: account.accountId, methodName: "answer", args: { data_id: dataId, value: 5 } });
    assert.deepEqual(await pendingOf(account), []);
    await assert.rejects(result); // its node went away
});
