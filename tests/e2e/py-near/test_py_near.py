"""The devnet as an unmodified py-near client meets it."""

import asyncio
import base64
import json
import unittest

import base58
from nacl.signing import SigningKey
from py_near import transactions
from py_near.account import Account, ViewFunctionError
from py_near.exceptions import provider as errors

from devnet import Devnet, contract

NEAR = 10**24
TGAS = 10**12
GAS = 100 * TGAS


def setUpModule():
    global devnet
    devnet = Devnet()


def tearDownModule():
    assert devnet.stop() == 0, "the devnet does not end cleanly on SIGTERM"


class Key:
    def __init__(self):
        secret = SigningKey.generate()
        self.public = secret.verify_key.encode()
        self.public_text = base58.b58encode(self.public).decode()
        self.private_text = "ed25519:" + base58.b58encode(secret.encode() + self.public).decode()


class PyNearTest(unittest.IsolatedAsyncioTestCase):
    count = 0

    async def asyncSetUp(self):
        self.open = []
        self.root = await self.account("test.near", devnet.key("test.near"))

    async def asyncTearDown(self):
        for account in self.open:
            await account.shutdown()

    async def account(self, account_id, key):
        account = Account(account_id, key, rpc_addr=devnet.url)
        await account.startup()
        self.open.append(account)
        return account

    async def new_account(self, near=20, code=None):
        """A new account under test.near with a balance and, perhaps, code."""
        PyNearTest.count += 1
        account_id, key = f"p{PyNearTest.count}.test.near", Key()
        result = await self.root.create_account(account_id, key.public_text, near * NEAR)
        self.assertIn("SuccessValue", result.status)
        account = await self.account(account_id, key.private_text)
        if code:
            self.assertIn("SuccessValue", (await account.deploy_contract(contract(code))).status)
        return account

    async def pending(self, yielder):
        return (await self.root.view_function(yielder.account_id, "pending", {})).result

    async def start_waiting(self, yielder, caller):
        """Calls wait() and gives its transaction's hash and the id of its yield."""
        before = len(await self.pending(yielder))
        tx_hash = await caller.function_call(yielder.account_id, "wait", {}, gas=GAS, included=True)
        for _ in range(500):
            ids = await self.pending(yielder)
            if len(ids) > before:
                return tx_hash, ids[-1]
            await asyncio.sleep(0.01)
        self.fail("the yield does not come")

    async def test_an_account_is_created_with_its_key(self):
        account = await self.new_account(near=7)
        self.assertEqual(account.chain_id, "devnet")
        self.assertEqual(await account.get_balance(), 7 * NEAR)
        keys = await account.get_access_key_list()
        self.assertEqual(len(keys), 1)
        self.assertEqual(keys[0].access_key["permission"], "FullAccess")
        self.assertEqual((await account.fetch_state())["code_hash"], "1" * 32)

    async def test_money_is_sent(self):
        sender, receiver = await self.new_account(), await self.new_account()
        result = await sender.send_money(receiver.account_id, 3 * NEAR)
        self.assertEqual(result.transaction.signer_id, sender.account_id)
        self.assertEqual(await receiver.get_balance(), 23 * NEAR)

    async def test_a_yielded_call_ends_with_its_answer(self):
        yielder, caller = await self.new_account(code="yielder"), await self.new_account()
        tx_hash, data_id = await self.start_waiting(yielder, caller)
        answer = {"data_id": data_id, "value": {"text": "forty-two"}}
        result = await self.root.function_call(yielder.account_id, "answer", answer, gas=GAS)
        self.assertIn("SuccessValue", result.status)
        waited = await self.root.provider.get_tx(tx_hash, caller.account_id)
        self.assertEqual(json.loads(base64_of(waited.status["SuccessValue"])), {"text": "forty-two"})
        self.assertEqual(await self.pending(yielder), [])

    async def test_actions_of_a_batch_stand_or_fall_together(self):
        account, key = await self.new_account(), Key()
        good = [
            transactions.create_full_access_key_action(key.public),
            transactions.create_deploy_contract_action(contract("yielder")),
            transactions.create_function_call_action("pending", b"{}", GAS, 0),
        ]
        result = await account.sign_and_submit_tx(account.account_id, good)
        self.assertEqual(base64_of(result.status["SuccessValue"]), b"[]")
        self.assertEqual(len(await account.get_access_key_list()), 2)
        bad = [
            transactions.create_delete_access_key_action(key.public),
            transactions.create_function_call_action("no_such_method", b"{}", GAS, 0),
        ]
        result = await account.sign_and_submit_tx(account.account_id, bad)
        self.assertEqual(result.status["Failure"]["ActionError"]["index"], 1)
        self.assertEqual(len(await account.get_access_key_list()), 2)

    async def test_keys_are_added_listed_and_deleted(self):
        yielder, account, key = await self.new_account(code="yielder"), await self.new_account(), Key()
        await account.add_public_key(key.public_text, yielder.account_id, ["wait", "answer"], NEAR)
        listed = {k.public_key: k.access_key["permission"] for k in await account.get_access_key_list()}
        permission = listed["ed25519:" + key.public_text]["FunctionCall"]
        self.assertEqual(permission["receiver_id"], yielder.account_id)
        self.assertEqual(permission["method_names"], ["wait", "answer"])
        self.assertEqual(permission["allowance"], str(NEAR))
        limited = await self.account(account.account_id, key.private_text)
        with self.assertRaises(errors.InvalidAccessKeyError):
            await limited.function_call(yielder.account_id, "pending", {}, gas=GAS)
        with self.assertRaises(errors.InvalidTransactionError):
            await limited.send_money("test.near", 1)
        await account.delete_public_key(key.public_text)
        self.assertEqual(len(await account.get_access_key_list()), 1)

    async def test_a_transaction_is_followed_through_its_levels(self):
        account = await self.new_account()
        tx_hash = await account.send_money("test.near", 1, included=True)
        result = await account.provider.get_tx(tx_hash, account.account_id)
        self.assertEqual(result.transaction.hash, tx_hash)
        params = {"tx_hash": tx_hash, "sender_account_id": account.account_id}
        for level in ["INCLUDED", "EXECUTED_OPTIMISTIC", "INCLUDED_FINAL", "EXECUTED", "FINAL"]:
            answer = await account.provider.json_rpc("tx", {**params, "wait_until": level})
            self.assertIn("SuccessValue", answer["status"])
        self.assertEqual(answer["final_execution_status"], "FINAL")
        for finality in ["optimistic", "near-final", "final"]:
            state = await account.provider.get_account(account.account_id, finality)
            self.assertEqual(state["locked"], "0")

    async def test_blocks_and_chunks_are_read(self):
        provider = self.root.provider
        head = (await provider.get_status())["sync_info"]
        block = await provider.get_block(head["latest_block_hash"])
        self.assertEqual(block["header"]["height"], head["latest_block_height"])
        self.assertEqual((await provider.get_block(block["header"]["height"]))["header"], block["header"])
        chunk = await provider.get_chunk(block["chunks"][0]["chunk_hash"])
        self.assertEqual(chunk["header"]["height_included"], block["header"]["height"])
        self.assertEqual(len((await provider.get_validators())["current_validators"]), 1)

    async def test_somebody_else_pays_for_a_delegated_action(self):
        sender, relayer = await self.new_account(near=5), await self.new_account()
        delegated = await sender.create_delegate_action(
            [transactions.create_transfer_action(2 * NEAR)], "test.near"
        )
        signature = sender.sign_delegate_transaction(delegated)
        result = await relayer.call_delegate_transaction(delegated, signature)
        self.assertIn("SuccessValue", result.status)
        self.assertEqual(await sender.get_balance(), 5 * NEAR)  # deposits are the relayer's too
        self.assertLess(await relayer.get_balance(), 18 * NEAR)
        again = await relayer.call_delegate_transaction(delegated, signature)
        self.assertIn("DelegateActionInvalidNonce", again.status["Failure"]["ActionError"]["kind"])

    async def test_failures_arrive_as_the_clients_own_errors(self):
        poor, yielder = await self.new_account(near=1), await self.new_account(code="yielder")
        provider = self.root.provider
        with self.assertRaises(errors.UnknownAccount):
            await provider.get_account("nobody.test.near")
        with self.assertRaises(errors.UnknownBlockError):
            await provider.get_block(99999999)
        with self.assertRaises(errors.NotEnoughBalance):
            await poor.send_money("test.near", 1000 * NEAR)
        with self.assertRaisesRegex(ViewFunctionError, "MethodNotFound"):
            await self.root.view_function(yielder.account_id, "no_such_method", {})
        with self.assertRaisesRegex(ViewFunctionError, "CodeDoesNotExist"):
            await self.root.view_function("test.near", "any", {})
        stranger = await self.account("test.near", Key().private_text)
        with self.assertRaisesRegex(ValueError, "does not exist while viewing"):
            await stranger.send_money("alice.near", 1)
        result = await self.root.function_call(yielder.account_id, "answer", {"data_id": 99, "value": 1}, gas=GAS)
        kind = result.status["Failure"]["ActionError"]["kind"]
        text = "Smart contract panicked: nothing waits under this number"
        self.assertEqual(kind, {"FunctionCallError": {"ExecutionError": text}})


def base64_of(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


if __name__ == "__main__":
    unittest.main()
