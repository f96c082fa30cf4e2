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
    return page;
}

const verdict = (page) => page.getAttribute("#verdict", "data-verdict");

// Every check as {name: verdict}.
const checks = (page) => page.$$eval("#checks li", (items) => Object.fromEntries(items.map((i) => [i.dataset.check, i.dataset.verdict])));

const accept = (page) => page.check("#simulator");

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
    assert.equal((await checks(page)).input, "pass");
    assert.equal(await verdict(page), "pass");
    await page.fill("#output", '"5"');
    assert.equal((await checks(page)).output, "fail");
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
        assert.deepEqual(failed, [["binding", "fail"]]);
    });
}

test("measurements that the chain does not approve of fail", { skip }, async (t) => {
    const page = await open(t, { approved: false });
    await accept(page);
    assert.equal((await checks(page)).measurements, "fail");
    assert.equal(await verdict(page), "fail");
});

test("a revoked platform fails at the PCK certificate, and nothing after it is proven", { skip }, async (t) => {
    const page = await open(t, { defect: "pck-revoked" });
    await accept(page);
    const all = await checks(page);
    assert.equal(all.pck_chain, "fail");
    assert.equal(all.quote_signature, "unproven");
    assert.equal(all.binding, "unproven");
});

test("a job without attestation is told so", { skip }, async (t) => {
    const page = await open(t);
    await page.goto(page.url().replace(/\d+$/, "4711"));
    await page.waitForSelector("#verdict[data-verdict]");
    assert.match(await page.textContent("#verdict"), /no attestation/);
});
