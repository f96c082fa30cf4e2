// Stablecoin: from a wallet to a balance, to a priced run, to developers, and out again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nearToYocto } from "near-api-js";
import { CODE, World } from "./outlayer.js";

let world, alice, dev, author, project;

before(async () => {
    world = await World.start();
    [alice, dev, author] = [await world.account("alice"), await world.account("dev"), await world.account("author")];
    await world.stablecoin([alice, dev]);
    await world.call(dev, "create_project", { name: "app", source: CODE }, { deposit: nearToYocto(0.1) });
    project = `${dev.accountId}/app`;
});
after(() => world.stop());

const balanceOf = (account) => world.view("get_user_stablecoin_balance", { account_id: account.accountId });
const earningsOf = (account) => world.view("get_developer_earnings", { account_id: account.accountId });

test("a transfer becomes a balance; what is not understood goes back", async () => {
    assert.equal(await world.pay(alice, 100000, { action: "deposit_balance" }), "100000");
    assert.equal(await balanceOf(alice), "100000");
    assert.equal(await world.pay(alice, 5000, { action: "surprise" }), "0");
    assert.equal(await world.tokens(alice), "999999900000");
    assert.equal(await world.tokens(world.outlayer), "100000");
});

test("an operation has a price, which goes to author and owner; change and refund come back", async () => {
    await world.call(world.owner, "set_project_pricing", {
        project_id: project,
        pricing: {
            author_account_id: author.accountId,
            operations: [{ operation: "send", price_usd: "10000", developer_share_bp: 7000 }],
        },
    });
    assert.equal(await world.view("get_project_max_price", { project_id: project }), "10000");
    const source = { Project: { project_id: project, version_key: null } };
    const ask = (operation, usd) => ({ source, input_data: JSON.stringify({ operation }), params: { attached_usd: String(usd) } });
    await world.refused(world.request(alice, ask("send", 9999)).then(({ result }) => result), "attach at least that");
    await world.refused(world.request(alice, ask("fly", 20000)).then(({ result }) => result), "does not sell operation");
    const { id, result } = await world.request(alice, ask("send", 15000));
    assert.equal(await balanceOf(alice), "85000");
    await world.resolve(id, { output: { Text: "sent" }, refund_usd: 4000 });
    assert.equal(await result, "sent");
    assert.equal(await balanceOf(alice), "94000");
    assert.equal(await earningsOf(author), "4200");
    assert.equal(await earningsOf(dev), "1800");
});

test("a failed run costs no stablecoin", async () => {
    const before = await balanceOf(alice);
    const { id, result } = await world.request(alice, {
        source: { Project: { project_id: project, version_key: null } },
        input_data: '{"operation":"send"}',
        params: { attached_usd: "10000" },
    });
    await world.resolve(id, { success: false, error: "no" });
    assert.equal(await result, null);
    assert.equal(await balanceOf(alice), before);
});

test("earnings and balances are taken out; a receiver that the token does not know keeps its earnings", async () => {
    await world.call(dev, "withdraw_developer_earnings", {}, { deposit: 1n });
    assert.equal(await world.tokens(dev), "1000000001800");
    assert.equal(await earningsOf(dev), "0");
    await world.call(author, "withdraw_developer_earnings", {}, { deposit: 1n }); // not registered at the token
    assert.equal(await earningsOf(author), "4200");
    await world.call(author, "storage_deposit", {}, { to: world.token, deposit: nearToYocto(0.01) });
    await world.call(author, "withdraw_developer_earnings", {}, { deposit: 1n });
    assert.equal(await world.tokens(author), "4200");
    await world.call(alice, "withdraw_stablecoin_balance", {}, { deposit: 1n });
    assert.equal(await balanceOf(alice), "0");
    assert.equal(await world.tokens(world.outlayer), "0");
    await world.refused(world.call(alice, "withdraw_stablecoin_balance", {}, { deposit: 1n }), "No balance to withdraw");
});
