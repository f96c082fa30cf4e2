/* Any bytes as the body of a JSON-RPC request, over a real socket: every body gets an answer that is JSON-RPC or a plain refusal. */
#include "devnet/rpc/rpc_server.h"
#include "net/http_client.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct chain *chain;
static struct rpc_server *server;
static struct http_client *http;
static char url[64];

static void stop(void)
{
    http_client_free(http);
    rpc_server_stop(server);
    chain_close(chain);
}

static void must(struct err *e)
{
    if (!e)
        return;
    fprintf(stderr, "%s\n", err_text(e));
    abort();
}

static void start(void)
{
    must(chain_open(&(struct chain_config){.path = ":memory:", .chain_id = "fuzz"}, &chain));
    must(chain_start(chain));
    must(rpc_server_start(&(struct rpc_server_config){.chain = chain, .loops = 1, .wait_ms = 1}, &server));
    must(http_client_new(&http));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", rpc_server_port(server));
    atexit(stop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!server)
        start();
    AUTO(http_answer) struct http_answer answer = {0};
    must(http_client_call(http, &(struct http_call){.method = "POST", .url = url, .body = slice_from(data, len)}, &answer));
    if (answer.status != 200 && answer.status != 400 && answer.status != 408 && answer.status != 422)
        abort();
    return 0;
}
