"""The built devnet as a child process: started on a free port, ended with its tests."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

BIN = pathlib.Path(os.environ["OUTLAYER_BIN"])
CONTRACTS = pathlib.Path(os.environ["OUTLAYER_CONTRACTS"])
CHAIN_ID = "devnet"


def contract(name: str) -> bytes:
    """The compiled contract of this build."""
    return (CONTRACTS / f"{name}.wasm").read_bytes()


class Devnet:
    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="outlayer-devnet-"))
        self.process = subprocess.Popen(
            [BIN / "outlayer-devnet"],
            env={
                **os.environ,
                "LISTEN": "127.0.0.1:0",
                "DATA_DIR": str(self.dir / "chain"),
                "CREDENTIALS_DIR": str(self.dir / "credentials"),
                "CHAIN_ID": CHAIN_ID,
                "TICK_MS": "200",
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"outlayer-devnet ended with {self.process.wait()} before it was ready")
        self.url = json.loads(line)["rpc"]

    def key(self, account_id: str) -> str:
        """The secret key of a genesis account."""
        path = self.dir / "credentials" / CHAIN_ID / f"{account_id}.json"
        return json.loads(path.read_text())["private_key"]

    def stop(self) -> int:
        """Ends the process and gives its exit status."""
        self.process.terminate()
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        shutil.rmtree(self.dir)
        return status
