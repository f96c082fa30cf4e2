// The page at /verify/{job} in Debian's Chromium: the C verifier runs in the browser and shows every step.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { INPUT, OUTPUT, World } from "./world.js";

const executablePath = "/usr/bin/chromium";
const skip = existsSync(executablePath) ? false : "Debian's chromium is not installed: run `make deps-test`";

let browser;
before(async () => {
    if (!skip) browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
after(() => browser?.close());

// Opens the page of a world's job; gives the page once it has a verdict.
async function open(t, options) {
    const world = await World.start(options);
    const page = await browser.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    t.after(async () => {
        await page.close();
        await world.stop();
        assert.deepEqual(faults, []);
    });
    await page.goto(`${world.url}/verify/${world.job}`);
    await page.waitForSelector("#verdict[data-verdict]");
    return Object.assign(page, { world });
}

const verdict = (page) => page.getAttribute("#verdict", "data-verdict");

// Every check as {"group/id": verdict}.
const checks = (page) => page.$$eval("#checks li", (items) => Object.fromEntries(items.map((i) => [i.dataset.check, i.dataset.verdict])));

const accept = (page) => page.check("#simulator");

// The page's steps in the form of the command line's report.
const steps = (page) =>
    page.$$eval("#checks li", (items) =>
        items.map((i) => {
            const [group, id] = i.dataset.check.split("/");
            return { group, id, what: i.children[1].textContent.slice(group.length + 2), verdict: i.dataset.verdict, seen: i.children[2].textContent };
        }));

async function assertSameReport(page, copies) {
    const report = await page.world.report(copies);
    assert.deepEqual(await steps(page), report.steps);
    assert.equal(await verdict(page), report.verdict);
}

test("a simulated quote proves nothing until its root is accepted, and says so then", { skip }, async (t) => {
    const page = await open(t);
    assert.equal(await verdict(page), "fail");
    assert.match(await page.textContent("#root"), /simulator's root/);
    await accept(page);
    assert.equal(await verdict(page), "pass");
    assert.match(await page.textContent("#verdict"), /nothing about hardware/);
    const all = await checks(page);
    assert.ok(Object.keys(all).length > 20);
    assert.deepEqual(new Set(Object.values(all)), new Set(["pass"]));
});

for (const network of ["mainnet", "testnet", "betanet"]) {
    test(`on ${network} a simulator's root cannot be accepted`, { skip }, async (t) => {
        const page = await open(t, { network });
        assert.equal(await verdict(page), "fail");
        assert.match(await page.textContent("#root"), /simulator's root/);
        assert.equal(await page.isVisible("#simulator"), false);
    });
}

test("what the reader pastes is compared with the record", { skip }, async (t) => {
    const page = await open(t);
    await accept(page);
    await page.fill("#input", INPUT);
    await page.fill("#output", OUTPUT);
    assert.equal((await checks(page))["version_1/input"], "pass");
    assert.equal(await verdict(page), "pass");
    await page.fill("#output", '"5"');
    assert.equal((await checks(page))["version_1/output"], "fail");
    assert.equal(await verdict(page), "fail");
});

const tampered = {
    input_hash: (r) => (r.input_hash = "00" + r.input_hash.slice(2)),
    output_hash: (r) => (r.output_hash = "00" + r.output_hash.slice(2)),
    wasm_hash: (r) => (r.wasm_hash = "00" + r.wasm_hash.slice(2)),
    caller_account_id: (r) => (r.caller_account_id = "mallory.test.near"),
};
for (const [field, tamper] of Object.entries(tampered)) {
    test(`a record with another ${field} fails at the binding, and there only`, { skip }, async (t) => {
        const page = await open(t, { tamper });
        await accept(page);
        const failed = Object.entries(await checks(page)).filter(([, v]) => v !== "pass");
        assert.deepEqual(failed, [["version_1/binding", "fail"]]);
    });
}

test("measurements that the chain does not approve of fail", { skip }, async (t) => {
    const page = await open(t, { approved: false });
    await accept(page);
    assert.equal((await checks(page))["enclave/measurements"], "fail");
    assert.equal(await verdict(page), "fail");
});

test("a revoked platform fails at the PCK certificate, and nothing after it is proven", { skip }, async (t) => {
    const page = await open(t, { defect: "pck-revoked" });
    await accept(page);
    const all = await checks(page);
    assert.equal(all["quote/pck_chain"], "fail");
    assert.equal(all["quote/quote_signature"], "unproven");
    assert.equal(all["version_1/binding"], "unproven");
    await assertSameReport(page);
});

test("an attestation of version 2 is proven from the record to the root, as the command line proves it", { skip }, async (t) => {
    const page = await open(t, { version: 2 });
    await accept(page);
    assert.equal(await verdict(page), "pass");
    const all = await checks(page);
    for (const name of ["record/signature", "record/batch", "quote/td_policy", "enclave/worker_key", "request/code", "request/time", "version_1/binding"]) assert.equal(all[name], "pass");
    await assertSameReport(page);
});

test("a failure on chain has an attestation too", { skip }, async (t) => {
    const page = await open(t, { version: 2, success: false });
    await accept(page);
    assert.equal((await checks(page))["request/outcome"], "pass");
    assert.equal(await verdict(page), "pass");
    await assertSameReport(page);
});

test("what version 2 says is compared with what the reader pastes", { skip }, async (t) => {
    const page = await open(t, { version: 2 });
    await accept(page);
    await page.fill("#input", INPUT.replace("6", "7"));
    assert.equal((await checks(page))["request/input"], "fail");
    await page.fill("#input", INPUT);
    assert.equal(await verdict(page), "pass");
});

// No chain shows an HTTPS call: whoever made it has input and output, and takes the rest as the enclave states it.
test("an HTTPS call is verified by its id, with its caller's own copies", { skip }, async (t) => {
    const page = await open(t, { version: 2, callId: "c-4711" });
    await accept(page);
    const openSteps = async () => Object.entries(await checks(page)).filter(([, v]) => v !== "pass");
    assert.deepEqual(await openSteps(), ["input", "output"].map((id) => [`request/${id}`, "unproven"]));
    const report = await page.world.report({}, ["call", "c-4711"]);
    assert.equal(report.status, 2);
    assert.deepEqual(await steps(page), report.steps);
    await page.fill("#input", INPUT);
    await page.fill("#output", OUTPUT);
    assert.deepEqual(await openSteps(), []);
    await assertSameReport(page, { input: INPUT, output: OUTPUT });
    const proven = await page.world.report({ input: INPUT, output: OUTPUT }, ["call", "c-4711"]);
    assert.equal(proven.status, 0);
    await page.fill("#output", '"5"');
    const other = await page.world.report({ input: INPUT, output: '"5"' }, ["call", "c-4711"]);
    assert.equal(other.status, 1);
    assert.deepEqual(await steps(page), other.steps);
    const unknown = await page.world.report({}, ["call", "c-4712"]);
    assert.equal(unknown.status, 2);
    assert.match(unknown.error, /has no attestation of `c-4712`/);
});

// Version 1 hashes outputs as serde_json prints them, which the page and the command line must both know.
const outputs = [
    '{"b":1.50,"a":[1e20,1.5E+20,1e16,123456789012345680,0.00001,0.000001,-1e-7,-0,-0.0,0.1,100.0]}',
    "[18446744073709551615,18446744073709551616,-9223372036854775808,-9223372036854775809,9007199254740993,1e308]",
    '{"\\u00e9":"\\/\\u0001\\u007f","z":{"y":null,"x":[true,false,{}]},"z":[], "\u{1f600}":1,"\uffee":2}',
    "1e400",
    "no JSON",
];
for (const output of outputs) {
    test(`the output ${output} has the hash that the command line gives it`, { skip }, async (t) => {
        const page = await open(t, { version: 2 });
        await accept(page);
        await page.fill("#output", output);
        await assertSameReport(page, { output });
    });
}

test("a key whose allowance is used up is a worker's key all the same", { skip }, async (t) => {
    const page = await open(t, { version: 2, tamper: (r, { node }) => (node.allowance = "0") });
    await accept(page);
    assert.equal((await checks(page))["enclave/worker_key"], "pass");
    await assertSameReport(page);
});

// One other bit in base64, hex or JSON.
const flipBase64 = (text, at, bit = 1) => {
    const bytes = Buffer.from(text, "base64");
    bytes[at < 0 ? bytes.length + at : at] ^= bit;
    return bytes.toString("base64");
};
const flipHex = (text, at) => {
    const bytes = Buffer.from(text, "hex");
    bytes[at] ^= 1;
    return bytes.toString("hex");
};

// Offsets in the record: the tag has 16 bytes, chain and contract 4 + 6 and 4 + 18, then come subject and request id.
const CODE = 16 + 10 + 22 + 1 + 8;
const QUOTE_BODY = 48;
const REPORT_DATA = QUOTE_BODY + 520;
const QUOTE_SIGNATURE = QUOTE_BODY + 584 + 4;
const onRecord = (at) => ({ attestation_v2: v2 }) => (v2.record = flipBase64(v2.record, at));
const onQuote = (at) => ({ attestation_v2: v2 }) => (v2.batch.quote = flipBase64(v2.batch.quote, at));
const spoilt = ["record/signature", "record/batch"];

const flips = {
    "the record's tag": [onRecord(3), ["record/form"]],
    "the record's chain": [onRecord(16 + 4), [...spoilt, "request/chain"]],
    "the record's contract": [onRecord(16 + 10 + 4), [...spoilt, "request/contract"]],
    "the record's request": [onRecord(CODE - 8), [...spoilt, "request/request"]],
    "the record's code": [onRecord(CODE), [...spoilt, "request/code"]],
    "the record's input": [onRecord(CODE + 32), [...spoilt, "request/input"]],
    "the record's output": [onRecord(CODE + 64), [...spoilt, "request/output"]],
    "the record's outcome": [onRecord(CODE + 96 + 4), [...spoilt, "request/outcome"]],
    "the record's caller": [onRecord(CODE + 96 + 13 + 40 + 4), [...spoilt, "request/caller"]],
    "the record's block": [onRecord(-48), [...spoilt, "request/block"]],
    "the worker's key": [onRecord(-1), spoilt],
    "the worker's signature": [({ attestation_v2: v2 }) => (v2.signature = flipHex(v2.signature, 40)), ["record/signature"]],
    "the way to the root": [({ attestation_v2: v2 }) => (v2.batch.path[1] = flipHex(v2.batch.path[1], 31)), ["record/batch"]],
    "the place in the batch": [({ attestation_v2: v2 }) => (v2.batch.index = 0), ["record/batch"]],
    "the size of the batch": [({ attestation_v2: v2 }) => (v2.batch.count = 7), ["record/batch"]],
    "the quote's header": [onQuote(30), ["quote/quote_signature"]],
    "the quote's measurements": [onQuote(QUOTE_BODY + 136), ["quote/quote_signature"]],
    "the quote's report data": [onQuote(REPORT_DATA), ["quote/quote_signature"]],
    "the quote's signature": [onQuote(QUOTE_SIGNATURE), ["quote/quote_signature"]],
    "the attestation key": [onQuote(QUOTE_SIGNATURE + 64), ["quote/attestation_key"]],
    "the quoting enclave's report": [onQuote(QUOTE_SIGNATURE + 128 + 6), ["quote/qe_report"]],
    "version 1's quote": [(r) => (r.tdx_quote = flipBase64(r.tdx_quote, REPORT_DATA)), ["version_1/quote"]],
    "version 1's record": [(r) => (r.wasm_hash = flipHex(r.wasm_hash, 9)), ["version_1/binding"]],
    "a caller that is no account": [(r) => (r.caller_account_id = "Alice.test.near"), ["version_1/form"]],
    "a commit without a repository": [(r) => (r.commit_hash = "main"), ["version_1/binding"], ["version_1/form"]],
    "a hash in capitals": [(r) => (r.input_hash = r.input_hash.toUpperCase()), ["version_1/form"]],
    "the collateral": [(r, { node: { views } }) => (views.get_collaterals = [views.get_collaterals[0].replace("UpToDate", "UpToDote")]), ["quote/tcb_info", "version_1/quote"]],
    "the input on chain": [(r, { node }) => (node.transaction.receipts_outcome[0].outcome.logs[1] = node.transaction.receipts_outcome[0].outcome.logs[1].replace("dice", "dicf")),
        ["request/input", "version_1/input"]],
    "the worker's key on chain": [(r, { node }) => (node.workerKey = "ed25519:11111111111111111111111111111111"), [], ["enclave/worker_key"]],
};
for (const [what, [tamper, failing, open_ = []]] of Object.entries(flips)) {
    test(`one other bit in ${what} fails at its line, as on the command line`, { skip }, async (t) => {
        const page = await open(t, { version: 2, tamper });
        await accept(page);
        const all = Object.entries(await checks(page));
        assert.deepEqual(all.filter(([, v]) => v === "fail").map(([name]) => name), failing);
        for (const name of open_) assert.deepEqual(all.find(([n]) => n === name), [name, "unproven"]);
        await assertSameReport(page);
    });
}

test("a job without attestation is told so", { skip }, async (t) => {
    const page = await open(t);
    await page.goto(page.url().replace(/\d+$/, "4711"));
    await page.waitForSelector("#verdict[data-verdict]");
    assert.match(await page.textContent("#verdict"), /no attestation/);
});
