/** What the chain shows: views of the register contract, a worker's key, and what a transaction says of a request. */
import { Attestation } from "./task";

/** Of a request, as far as the chain shows it. */
export interface ChainRequest {
  contract_id: string;
  request_id?: number;
  caller?: string;
  code_hash?: string;
  input?: string;
  output?: string;
  success?: boolean;
  max_instructions?: number;
  max_memory_mb?: number;
  max_seconds?: number;
  requested_height?: number;
  requested_at?: number;
  resolved_at?: number;
}

/** A node that answered with an error, which is an answer. */
class Refusal extends Error {}

const WORKER_METHODS = ["resolve_execution", "submit_execution_output_and_resolve", "resume_topup", "resume_delete_payment_key"];
const EVENT = "EVENT_JSON:";

// A node's JSON is read as it comes: a member that is missing or of another kind is undefined here, and its step stays open.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;

export class Node {
  constructor(private readonly url: string) {}

  async call(method: string, params: object): Promise<Loose> {
    const answer = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: "verify", method, params }),
    });
    const { result, error } = (await answer.json()) as Loose;
    if (error || result?.error) throw new Refusal(`${method}: ${JSON.stringify(error ?? result.error)}`);
    return result;
  }

  async view(contract: string, method: string, args: object): Promise<unknown> {
    const params = { request_type: "call_function", finality: "final", account_id: contract, method_name: method, args_base64: btoa(JSON.stringify(args)) };
    const { result } = await this.call("query", params);
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(result)));
  }

  async chainId(): Promise<string> {
    return (await this.call("status", [])).chain_id;
  }

  /** Whether the account has this key, for calls of this contract with exactly a worker's methods; it may be used up. */
  async isWorkerKey(account: string, contract: string, key: string): Promise<boolean> {
    try {
      const { permission } = await this.call("query", { request_type: "view_access_key", finality: "final", account_id: account, public_key: key });
      const call = permission?.FunctionCall;
      return call?.receiver_id === contract && JSON.stringify(call.method_names) === JSON.stringify(WORKER_METHODS);
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  private async block(hash: string): Promise<{ height?: number; seconds?: number }> {
    try {
      const { header } = await this.call("block", { block_id: hash });
      return { height: header.height, seconds: Math.floor(header.timestamp / 1e9) };
    } catch {
      return {};
    }
  }

  /** undefined: the record names no transaction, or the node does not show one that makes this request. */
  async request(record: Attestation, contract: string): Promise<ChainRequest | undefined> {
    const { transaction_hash, caller_account_id, request_id } = record;
    if (!transaction_hash || !caller_account_id) return undefined;
    try {
      const tx = await this.call("EXPERIMENTAL_tx_status", { tx_hash: transaction_hash, sender_account_id: caller_account_id, wait_until: "EXECUTED_OPTIMISTIC" });
      return await this.readRequest(tx, contract, request_id ?? 0);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  private async readRequest(tx: Loose, contract: string, id: number): Promise<ChainRequest | undefined> {
    const chain: ChainRequest = { contract_id: contract };
    let asked = false;
    for (const outcome of tx.receipts_outcome ?? []) {
      if (outcome.outcome?.executor_id !== contract || outcome.outcome.status?.Failure) continue;
      for (const line of outcome.outcome.logs ?? []) {
        if (!line.startsWith(EVENT)) continue;
        const { event, data } = JSON.parse(line.slice(EVENT.length));
        if (event === "execution_requested") asked = (await this.readAsked(chain, tx, outcome, data[0], id)) || asked;
        if (event === "execution_completed" && requestOfReceipt(tx, outcome.id) === id) await this.readSettled(chain, outcome, data[0]);
      }
    }
    return asked ? chain : undefined;
  }

  private async readAsked(chain: ChainRequest, tx: Loose, outcome: Loose, data: Loose, id: number): Promise<boolean> {
    const request = JSON.parse(data.request_data);
    if (request.request_id !== id) return false;
    const [source, limits] = [request.code_source, request.resource_limits];
    const { height, seconds } = await this.block(outcome.block_hash);
    Object.assign(chain, {
      request_id: request.request_id, caller: request.sender_id, code_hash: (source?.WasmUrl ?? source)?.hash,
      max_instructions: limits?.max_instructions, max_memory_mb: limits?.max_memory_mb, max_seconds: limits?.max_execution_seconds,
      input: request.input_data_in_state === true ? longInput(tx, outcome.id) : request.input_data, requested_height: height, requested_at: seconds,
    });
    return true;
  }

  private async readSettled(chain: ChainRequest, outcome: Loose, data: Loose): Promise<void> {
    const value = outcome.outcome.status?.SuccessValue;
    chain.success = data.success;
    if (typeof value === "string" && data.success === true) chain.output = new TextDecoder().decode(Uint8Array.from(atob(value), (c) => c.charCodeAt(0)));
    chain.resolved_at = (await this.block(outcome.block_hash)).seconds;
  }
}

/** The actions of a receipt; those of the transaction when the node shows no such receipt. */
function actionsOf(tx: Loose, id: string): Loose[] {
  const receipt = (tx.receipts ?? []).find((r: Loose) => r.receipt_id === id);
  if (receipt) return receipt.receipt?.Action?.actions ?? [];
  return tx.transaction_outcome?.outcome?.receipt_ids?.[0] === id ? (tx.transaction?.actions ?? []) : [];
}

/** The arguments of a call; undefined when they are no JSON. */
function argsOf(action: Loose): Loose {
  try {
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(action.FunctionCall.args), (c) => c.charCodeAt(0))));
  } catch {
    return undefined;
  }
}

/** An input that is too long for the event stands in the call that asked, where there is one such call in the receipt. */
function longInput(tx: Loose, id: string): string | undefined {
  const calls = actionsOf(tx, id).filter((a: Loose) => a?.FunctionCall?.method_name === "request_execution");
  return calls.length === 1 ? (argsOf(calls[0])?.input_data ?? undefined) : undefined;
}

/** The request that a receipt's call names in its arguments, as the callback of the contract does. */
function requestOfReceipt(tx: Loose, id: string): number | undefined {
  return argsOf(actionsOf(tx, id)[0])?.request_id;
}
