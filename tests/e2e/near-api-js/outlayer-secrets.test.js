// Secrets and payment keys: what the keystore reads, what the worker answers, and what storing costs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nearToYocto } from "near-api-js";
import { HASH, World } from "./outlayer.js";

let world, alice, bob;
const deposit = nearToYocto(0.1);
const accessor = { WasmHash: { hash: HASH } };
const access = { Whitelist: { accounts: ["bob.test.near"] } };
const secret = { accessor, profile: "default", encrypted_secrets_base64: "c2VjcmV0", access };
const paymentKey = (nonce) => ({ accessor: { System: "PaymentKey" }, profile: String(nonce), encrypted_secrets_base64: "b2xk", access: "AllowAll" });

before(async () => {
    world = await World.start();
    [alice, bob] = [await world.account("alice"), await world.account("bob")];
    await world.stablecoin([alice, bob]);
});
after(() => world.stop());

const read = (key) => world.view("get_secret_with_vault", { accessor: key.accessor, profile: key.profile, owner: alice.accountId });

test("storing costs to the yocto what the estimate says", async () => {
    const price = BigInt(await world.view("estimate_storage_cost", { ...secret, owner: alice.accountId, vault_id: null }));
    await world.refused(world.call(alice, "store_secrets", secret, { deposit: price - 1n }), "Insufficient storage deposit");
    await world.call(alice, "store_secrets", secret, { deposit: price });
    const { profile, vault_id } = await read(secret);
    assert.equal(profile.storage_deposit, price.toString());
    assert.deepEqual(profile.access, access);
    assert.equal(vault_id, null);
});

test("a secret is bound to a vault, given other conditions, listed and removed", async () => {
    await world.call(alice, "store_secrets", { ...secret, vault_id: "vault.test.near" }, { deposit });
    assert.equal((await read(secret)).vault_id, "vault.test.near");
    await world.call(alice, "unbind_secret_vault", { accessor, profile: "default" });
    await world.call(alice, "update_access", { accessor, profile: "default", new_access: "AllowAll" }, { deposit });
    assert.equal((await world.view("list_user_secrets", { account_id: alice.accountId }))[0].access, "AllowAll");
    await world.refused(world.call(bob, "delete_secrets", { accessor, profile: "default" }), "Secrets not found");
    await world.call(alice, "delete_secrets", { accessor, profile: "default" });
    assert.deepEqual(await read(secret), { profile: null, vault_id: null });
});

test("a payment key is made, topped up and deleted with the worker's answers", async () => {
    await world.refused(world.call(alice, "store_secrets", paymentKey(0), { deposit }), "nonce 0 is reserved");
    const made = await world.outcome(alice, "store_secrets", paymentKey(1), { deposit });
    assert.equal(world.events(made)[0].data[0].TopUpPaymentKey.amount, "0");
    assert.equal(await world.view("get_next_payment_key_nonce", { account_id: alice.accountId }), 2);

    const msg = JSON.stringify({ action: "top_up_payment_key", nonce: 1, owner: alice.accountId });
    const args = { receiver_id: world.outlayer.accountId, amount: "20000", msg };
    const topUp = await world.waiting("TopUpPaymentKey", bob, "ft_transfer_call", args, { to: world.token, deposit: 1n });
    assert.deepEqual([topUp.event.owner, topUp.event.amount, topUp.event.encrypted_data], [alice.accountId, "20000", "b2xk"]);
    const answer = { data_id: topUp.dataId, result: { Success: { new_encrypted_data: "bmV3" } } };
    await world.refused(world.call(bob, "resume_topup", answer), "Only operator can resume topup");
    await world.call(world.operator, "resume_topup", answer);
    assert.equal(await topUp.result, "20000");
    assert.equal((await read(paymentKey(1))).profile.encrypted_secrets, "bmV3");
    await world.refused(world.call(world.operator, "resume_topup", answer), "TopUp yield resume failed");

    await world.refused(world.call(alice, "delete_secrets", { accessor: { System: "PaymentKey" }, profile: "1" }), "delete_payment_key");
    const deletion = await world.waiting("DeletePaymentKey", alice, "delete_payment_key", { nonce: 1 }, { deposit: 1n });
    await world.call(world.operator, "resume_delete_payment_key", { data_id: deletion.dataId, result: "Success" });
    await deletion.result;
    assert.equal((await read(paymentKey(1))).profile, null);
    await world.refused(world.call(alice, "store_secrets", paymentKey(1), { deposit }), "has already been used");
});

test("a top-up that the worker refuses, or never answers, goes back", async () => {
    await world.call(alice, "store_secrets", paymentKey(2), { deposit });
    const before = await world.tokens(bob);
    const args = {
        receiver_id: world.outlayer.accountId,
        amount: "20000",
        msg: JSON.stringify({ action: "top_up_payment_key", nonce: 2, owner: alice.accountId }),
    };
    const topUp = () => world.waiting("TopUpPaymentKey", bob, "ft_transfer_call", args, { to: world.token, deposit: 1n });
    const refused = await topUp();
    await world.call(world.operator, "resume_topup", { data_id: refused.dataId, result: { Error: { message: "no such key" } } });
    assert.equal(await refused.result, "0");
    const forgotten = await topUp();
    await world.devnet.fastForward(250);
    assert.equal(await forgotten.result, "0");
    assert.equal(await world.tokens(bob), before);
});
