#include "cli/publish.h"
#include "net/http_client.h"

struct err *publish_wasm(const char *coordinator_url, const char *worker_token, const struct hash *hash, struct slice wasm)
{
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf url = {0};
    char hex[HASH_HEX_MAX];
    buf_append_fmt(&url, "%s/wasm/%s", coordinator_url, hash_hex(hash, hex));
    const struct http_call call = {.method = "PUT",
                                   .url = buf_str(&url),
                                   .body = wasm,
                                   .content_type = "application/octet-stream",
                                   .bearer = worker_token};
    TRY(http_client_new(&client));
    TRY_DOING(http_client_call(client, &call, &answer), "publishing program %s", hex);
    return http_expect(&answer, "publishing the program");
}
