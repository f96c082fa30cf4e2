// Asking for a run, as a user and as a contract do, and every way in which it ends.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nearToYocto } from "near-api-js";
import { CODE, World } from "./outlayer.js";

let world, alice, bob;

before(async () => {
    world = await World.start();
    [alice, bob] = [await world.account("alice"), await world.account("bob")];
});
after(() => world.stop());

const base = 10n ** 21n;

test("a run's value is the result of the call, and what it did not cost comes back", async () => {
    const before = await world.balance(bob);
    const { id, result } = await world.request(alice, { source: CODE, input_data: "hello", payer_account_id: bob.accountId });
    const request = await world.view("get_request", { request_id: id });
    assert.equal(request.sender_id, alice.accountId);
    assert.equal(request.input_data, "hello");
    await world.resolve(id, { output: { Text: "hello, alice" } });
    assert.equal(await result, "hello, alice");
    const cost = base + 5n * 10n ** 14n + 20n * 10n ** 17n;
    assert.equal((await world.balance(bob)) - before, nearToYocto(0.1) - cost);
    assert.deepEqual(await world.view("get_stats"), [1, cost.toString()]);
    assert.equal(await world.view("get_request", { request_id: id }), null);
});

test("JSON and bytes come as they are meant", async () => {
    const json = await world.request(alice, { source: CODE, response_format: "Json" });
    const bytes = await world.request(alice, { source: CODE, response_format: "Bytes" });
    await world.resolve(bytes.id, { output: { Bytes: [1, 2, 255] } });
    await world.resolve(json.id, { output: { Json: { b: 1, a: [1, 2.5, null, "é"] } } });
    assert.deepEqual(await json.result, { a: [1, 2.5, null, "é"], b: 1 });
    assert.equal(await bytes.result, "AQL/");
});

test("a value too long for one answer is submitted apart", async () => {
    const { id, result } = await world.request(alice, { source: CODE });
    const text = "long ".repeat(2000);
    await world.call(world.operator, "submit_execution_output_and_resolve", {
        request_id: id,
        output: { Text: text },
        success: true,
        error: null,
        resources_used: { instructions: 1, time_ms: 1 },
        compilation_note: null,
    });
    assert.equal(await result, text);
});

test("a failed run costs the base fee and gives null", async () => {
    const before = await world.balance(bob);
    const { id, result } = await world.request(alice, { source: CODE, payer_account_id: bob.accountId });
    await world.resolve(id, { success: false, error: "exit code 3" });
    assert.equal(await result, null);
    assert.equal((await world.balance(bob)) - before, nearToYocto(0.1) - base);
});

test("a run that nobody answers ends after 200 blocks", async () => {
    const { id, result } = await world.request(alice, { source: CODE });
    await world.devnet.fastForward(250);
    assert.equal(await result, null);
    await world.refused(world.resolve(id, { output: { Text: "late" } }), "Execution request not found");
});

test("the owner cancels; the whole deposit comes back", async () => {
    const before = await world.balance(bob);
    const { id, result } = await world.request(alice, { source: CODE, payer_account_id: bob.accountId });
    await world.refused(world.call(alice, "cancel_stale_execution", { request_id: id }), "Execution is not yet stale");
    await world.call(world.owner, "emergency_cancel_execution", { request_id: id });
    assert.equal((await world.balance(bob)) - before, nearToYocto(0.1));
    await world.refused(world.resolve(id, { output: { Text: "late" } }), "Execution request not found");
    await world.devnet.fastForward(250);
    assert.equal(await result, null);
});

test("a contract that asks gets the value in its callback", async () => {
    const asker = await world.account("asker", { code: "asker" });
    await world.call(world.owner, "new", { outlayer_id: world.outlayer.accountId }, { to: asker });
    const asked = world.call(
        alice,
        "ask",
        { code_url: CODE.WasmUrl.url, code_hash: CODE.WasmUrl.hash, script: "x" },
        { to: asker, deposit: nearToYocto(0.1), waitUntil: "EXECUTED" },
    );
    asked.catch(() => {});
    let ids;
    do ids = await world.view("get_pending_request_ids");
    while (ids.length === 0);
    await world.resolve(ids[0], { output: { Text: "42" } });
    const answer = await asked;
    assert.deepEqual([answer.ok, answer.answer, answer.asker_id], [true, "42", alice.accountId]);
});

test("what cannot run is refused, and the deposit comes back", async () => {
    const ask = (args, deposit = nearToYocto(0.1)) => world.call(alice, "request_execution", args, { deposit });
    await world.refused(ask({ source: CODE, resource_limits: { max_instructions: 500000000001 } }), "exceeds hard limit of 500000000000");
    await world.refused(ask({ source: CODE, resource_limits: {} }, 1n), "Insufficient payment: required 7000100000000000000000 yoctoNEAR");
    await world.refused(ask({ source: { Project: { project_id: "a.near/b" } } }), "Project not found");
    await world.refused(ask({ source: { WasmUrl: { ...CODE.WasmUrl, url: "ftp://x" } } }), "source.url must");
    await world.refused(ask({}), "missing field `source`");
    await world.refused(world.call(alice, "resolve_execution", { request_id: 0, response: {} }), "missing field `success`");
    await world.refused(
        world.call(alice, "submit_execution_output", { request_id: 0, output: { Text: "x" } }),
        "Only operator can call this",
    );
});
