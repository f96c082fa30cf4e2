// Projects: made, changed, run, handed over, deleted; every deposit comes back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nearToYocto } from "near-api-js";
import { CODE, HASH, World } from "./outlayer.js";

let world, alice, bob, project;
const deposit = nearToYocto(0.1);
const next = { GitHub: { repo: "https://github.com/alice/app", commit: "3f2c9d", build_target: null } };

before(async () => {
    world = await World.start();
    [alice, bob] = [await world.account("alice"), await world.account("bob")];
    project = `${alice.accountId}/app`;
});
after(() => world.stop());

const versionsOf = async (project_id) => (await world.view("list_versions", { project_id })).map((v) => [v.wasm_hash, v.is_active]);

test("a project is made with its first version", async () => {
    await world.call(alice, "create_project", { name: "app", source: CODE }, { deposit });
    const view = await world.view("get_project", { project_id: project });
    assert.equal(view.uuid, "p0000000000000001");
    assert.equal(view.active_version, HASH);
    assert.equal(await world.view("has_project_uuid", { project_uuid: view.uuid }), true);
    assert.deepEqual((await world.view("list_user_projects", { account_id: alice.accountId })).map((p) => p.project_id), [project]);
    await world.refused(world.call(alice, "create_project", { name: "app", source: CODE }, { deposit }), "already exists");
    await world.refused(world.call(alice, "create_project", { name: "täst", source: CODE }, { deposit }), "must contain only alphanumeric");
});

test("only its owner changes it", async () => {
    await world.refused(world.call(bob, "add_version", { project_name: "app", source: next, set_active: true }, { deposit }), "not found");
    await world.call(alice, "add_version", { project_name: "app", source: next, set_active: true }, { deposit });
    const key = "https://github.com/alice/app@3f2c9d";
    assert.deepEqual(await versionsOf(project), [[HASH, false], [key, true]]);
    await world.refused(world.call(alice, "remove_version", { project_name: "app", version_key: key }), "Cannot remove active version");
    await world.call(alice, "set_active_version", { project_name: "app", version_key: HASH });
    await world.call(alice, "remove_version", { project_name: "app", version_key: key });
    assert.deepEqual(await versionsOf(project), [[HASH, true]]);
});

test("a request names the project and runs its active version", async () => {
    const { id, result } = await world.request(bob, { source: { Project: { project_id: project, version_key: null } } });
    assert.deepEqual((await world.view("get_request", { request_id: id })).resolved_source, CODE);
    await world.resolve(id, { output: { Text: "ran" } });
    assert.equal(await result, "ran");
});

test("it is handed over to someone who wants it, under the same uuid", async () => {
    await world.refused(world.call(alice, "transfer_project", { project_name: "app", new_owner: bob.accountId }), "accept");
    await world.call(bob, "accept_project_transfer", { from: alice.accountId, name: "app" }, { deposit });
    const outcome = await world.outcome(alice, "transfer_project", { project_name: "app", new_owner: bob.accountId });
    assert.deepEqual(Object.keys(world.events(outcome)[0].data[0]), ["ProjectTransferred"]);
    assert.equal(await world.view("get_project", { project_id: project }), null);
    assert.equal((await world.view("get_project", { project_id: `${bob.accountId}/app` })).uuid, "p0000000000000001");
});

test("with the project its deposits come back", async () => {
    const { storage_deposit } = await world.view("get_project", { project_id: `${bob.accountId}/app` });
    const held = await world.balance(world.outlayer);
    await world.call(bob, "delete_project", { project_name: "app" });
    assert.ok(held - (await world.balance(world.outlayer)) > BigInt(storage_deposit)); // versions' too
    assert.deepEqual(await world.view("list_user_projects", { account_id: bob.accountId }), []);
    assert.equal(await world.view("has_project_uuid", { project_uuid: "p0000000000000001" }), false);
});
