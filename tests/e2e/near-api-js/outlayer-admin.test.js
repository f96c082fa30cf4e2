// Owning the contract: prices, pauses, the operator's limited key, fees, and new code over an old state.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actions, KeyPair, nearToYocto, teraToGas } from "near-api-js";
import { contract } from "./devnet.js";
import { CODE, LIMITS, World } from "./outlayer.js";

let world, alice;

before(async () => {
    world = await World.start();
    alice = await world.account("alice");
});
after(() => world.stop());

test("it begins once, with the published prices", async () => {
    const who = { owner_id: alice.accountId };
    await world.refused(world.call(alice, "new", who), "The contract has already been initialized");
    assert.deepEqual(await world.view("get_config"), [world.owner.accountId, world.operator.accountId]);
    assert.deepEqual(await world.view("get_max_limits"), [500000000000, 180, 300]);
    assert.equal(await world.view("get_storage_version"), "8");
    assert.equal(await world.view("estimate_execution_cost", { resource_limits: LIMITS }), "7000100000000000000000");
});

test("only the owner changes prices, and they hold at once", async () => {
    await world.refused(world.call(alice, "set_pricing", { base_fee: "1" }), "Only owner can call this method");
    await world.refused(world.call(world.owner, "set_pricing", { base_fee: 1 }), "Failed to deserialize input from JSON");
    await world.call(world.owner, "set_pricing", { base_fee: "2000000000000000000000" });
    assert.equal(await world.view("estimate_execution_cost", { resource_limits: LIMITS }), "8000100000000000000000");
});

test("paused, it takes no requests but ends those it has", async () => {
    const { id, result } = await world.request(alice, { source: CODE });
    await world.call(world.owner, "set_paused", { paused: true });
    const asked = world.call(alice, "request_execution", { source: CODE, resource_limits: LIMITS }, { deposit: nearToYocto(0.1) });
    await world.refused(asked, "Contract is paused");
    await world.resolve(id, { output: { Text: "done" } });
    assert.equal(await result, "done");
    await world.call(world.owner, "set_paused", { paused: false });
});

test("the operator's key may answer and nothing else", async () => {
    const key = KeyPair.fromRandom("ed25519");
    await world.operator.addFunctionCallAccessKey({
        publicKey: key.getPublicKey(),
        contractId: world.outlayer.accountId,
        methodNames: ["resolve_execution", "submit_execution_output_and_resolve", "resume_topup", "resume_delete_payment_key"],
        allowance: nearToYocto(1),
    });
    const limited = world.devnet.account(world.operator.accountId, key);
    const { id, result } = await world.request(alice, { source: CODE });
    const response = { success: true, output: { Text: "by a limited key" }, resources_used: { instructions: 1, time_ms: 1 } };
    await world.call(limited, "resolve_execution", { request_id: id, response });
    assert.equal(await result, "by a limited key");
    await assert.rejects(world.call(limited, "submit_execution_output", { request_id: id }), {
        name: "AccessKeyMethodNameMismatchActionError",
    });
});

test("the owner takes the fees out; what does not arrive is there again", async () => {
    const [, collected] = await world.view("get_stats");
    const take = (args) => world.call(world.owner, "withdraw_fees", args, { deposit: 1n });
    await world.refused(world.call(alice, "withdraw_fees", {}, { deposit: 1n }), "Only owner can call this method");
    await world.refused(take({ amount: (BigInt(collected) + 1n).toString() }), `${collected} yoctoNEAR of fees can be withdrawn`);
    await take({ receiver_id: "nobody.test.near" });
    const before = await world.balance(alice);
    await take({ receiver_id: alice.accountId });
    assert.equal((await world.balance(alice)) - before, BigInt(collected));
    await world.refused(take({}), "0 yoctoNEAR of fees can be withdrawn");
});

test("new code is deployed and the state migrated in one transaction", async () => {
    await world.refused(world.call(world.owner, "migrate"), "Method migrate is private");
    const before = await world.view("get_stats");
    const outcome = await world.outlayer.signAndSendTransaction({
        receiverId: world.outlayer.accountId,
        actions: [actions.deployContract(contract("outlayer")), actions.functionCall("migrate", {}, teraToGas(50), 0n)],
    });
    assert.ok(outcome.receipts_outcome.some(({ outcome: o }) => o.logs[0] === "State of layout 2 is now of layout 2"));
    assert.deepEqual(await world.view("get_stats"), before);
});
