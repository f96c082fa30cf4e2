// Wallet policies: a wallet's key gives the control to an account, which rules from then on.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { after, before, test } from "node:test";
import { nearToYocto } from "near-api-js";
import { World } from "./outlayer.js";

let world, alice, bob;
const deposit = nearToYocto(0.1);
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const wallet = `ed25519:${publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex")}`;

before(async () => {
    world = await World.start();
    [alice, bob] = [await world.account("alice"), await world.account("bob")];
});
after(() => world.stop());

// The wallet's agreement that `account` controls it under this policy.
function agreement(account, data) {
    const message = `store_wallet_policy:v1:${wallet}:${data.length}:${data}:${account.accountId}`;
    return sign(null, createHash("sha256").update(message).digest(), privateKey).toString("hex");
}

const policy = (account, data, rest) => ({
    wallet_pubkey: wallet,
    encrypted_data: data,
    wallet_signature: agreement(account, data),
    ...rest,
});

test("a wallet gives its control away once", async () => {
    await world.refused(world.call(bob, "store_wallet_policy", policy(alice, "cG9saWN5"), { deposit }), "Invalid Ed25519 wallet signature");
    const price = BigInt(await world.view("estimate_wallet_policy_cost", { wallet_pubkey: wallet, encrypted_data: "cG9saWN5" }));
    const outcome = await world.outcome(alice, "store_wallet_policy", policy(alice, "cG9saWN5"), { deposit: price });
    assert.deepEqual(world.events(outcome)[0].data[0].WalletPolicyUpdated, {
        wallet_pubkey: wallet,
        owner: alice.accountId,
        encrypted_data: "cG9saWN5",
        frozen: false,
    });
    assert.equal((await world.view("get_wallet_policy", { wallet_pubkey: wallet })).storage_deposit, price.toString());
    await world.refused(world.call(bob, "store_wallet_policy", policy(bob, "bWluZQ=="), { deposit }), "Only the original controller");
});

test("its controller freezes and unfreezes it; freezing works while all is paused", async () => {
    await world.refused(world.call(bob, "freeze_wallet", { wallet_pubkey: wallet }), "Only the controller");
    await world.call(world.owner, "set_paused", { paused: true });
    await world.call(alice, "freeze_wallet", { wallet_pubkey: wallet });
    assert.equal((await world.view("get_wallet_policy", { wallet_pubkey: wallet })).frozen, true);
    await world.refused(world.call(alice, "unfreeze_wallet", { wallet_pubkey: wallet }), "Contract is paused");
    await world.call(world.owner, "set_paused", { paused: false });
    await world.call(alice, "unfreeze_wallet", { wallet_pubkey: wallet });
});

test("its deposit goes to whom its controller names", async () => {
    const item = { WalletPolicy: { wallet_pubkey: wallet } };
    await world.refused(world.call(bob, "set_storage_refund_to", { item, storage_refund_to: bob.accountId }), "Only the beneficiary");
    await world.call(alice, "set_storage_refund_to", { item, storage_refund_to: bob.accountId });
    const [listed] = await world.view("get_wallet_policies_by_owner", { owner: alice.accountId });
    assert.equal(listed.storage_refund_to, bob.accountId);
    const { storage_deposit } = await world.view("get_wallet_policy", { wallet_pubkey: wallet });
    const before = await world.balance(bob);
    const outcome = await world.outcome(alice, "delete_wallet_policy", { wallet_pubkey: wallet });
    assert.equal(world.events(outcome)[0].data[0].WalletPolicyDeleted.refunded_to, bob.accountId);
    assert.equal((await world.balance(bob)) - before, BigInt(storage_deposit));
    assert.equal(await world.view("has_wallet_policy", { wallet_pubkey: wallet }), false);
});
