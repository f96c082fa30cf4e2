/* outlayer-devnet: settings, signals, one line of JSON when it serves. */
#include "base/config.h"
#include "base/fs.h"
#include "base/log.h"
#include "devnet/rpc/records.h"
#include "devnet/rpc/rpc_server.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

struct settings {
    const char *listen, *data_dir, *credentials_dir, *chain_id, *genesis_file, *log_level;
    uint64_t tick_ms, yield_timeout_blocks, validity_blocks, history_blocks;
};

static const struct config_item items[] = {
    CONFIG_STR(struct settings, listen, "LISTEN", "127.0.0.1:3030", "address to listen on; port 0 is any free one"),
    CONFIG_STR(struct settings, data_dir, "DATA_DIR", "", "where the chain is kept; without it, it is gone with the process"),
    CONFIG_STR(struct settings, credentials_dir, "CREDENTIALS_DIR", "", "where the keys of the genesis accounts are written"),
    CONFIG_STR(struct settings, chain_id, "CHAIN_ID", "devnet", "the chain's name"),
    CONFIG_STR(struct settings, genesis_file, "GENESIS_FILE", "",
               "records to start a new chain from, instead of the usual accounts; a chain that has blocks does not read it"),
    CONFIG_U64(struct settings, tick_ms, "TICK_MS", 1000, 1, 3600000, "milliseconds between blocks without work"),
    CONFIG_U64(struct settings, yield_timeout_blocks, "YIELD_TIMEOUT_BLOCKS", 200, 1, 1000000,
               "blocks after which a yield that nobody resumed fails"),
    CONFIG_U64(struct settings, validity_blocks, "VALIDITY_BLOCKS", 86400, 1, 1000000000,
               "how many blocks the block hash of a transaction stays good"),
    CONFIG_U64(struct settings, history_blocks, "HISTORY_BLOCKS", 1000, 10, 1000000,
               "how many blocks back the state can be read"),
    CONFIG_STR(struct settings, log_level, "LOG_LEVEL", "info", "debug, info, warn or error"),
    {0},
};

static struct err *load(int argc, char **argv, struct arena *arena, struct settings *out)
{
    enum log_level level;
    TRY(config_load(items, argc, argv, arena, out));
    TRY(log_level_parse(slice_str(out->log_level), &level));
    log_start("devnet", level);
    return NULL;
}

/* "127.0.0.1:3030" or "[::1]:3030". */
static struct err *parse_listen(const char *listen, struct arena *arena, struct rpc_server_config *out)
{
    const char *colon = strrchr(listen, ':');
    u128 port;
    if (!colon || !u128_parse(slice_str(colon + 1), &port) || port > UINT16_MAX)
        return err_new(ERR_INVALID, "LISTEN is `%s`, expected an address and a port such as 127.0.0.1:3030", listen);
    struct slice address = slice_from(listen, (size_t)(colon - listen));
    if (address.len > 2 && address.ptr[0] == '[' && address.ptr[address.len - 1] == ']')
        address = slice_from(address.ptr + 1, address.len - 2);
    out->address = arena_str(arena, address);
    out->port = (uint16_t)port;
    return NULL;
}

/* One process has the chain: two would each make its own next block. The lock ends with the process. */
static struct err *lock_data_dir(const char *data_dir, struct arena *arena)
{
    const char *path = arena_fmt(arena, "%s/lock", data_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB))
        return err_new(ERR_CONFLICT, "another outlayer-devnet runs on %s: stop it, or name another DATA_DIR", data_dir);
    return NULL;
}

static struct err *open_chain(const struct settings *s, struct arena *arena, struct chain **out)
{
    struct chain_config config = {
        .path = ":memory:",
        .chain_id = s->chain_id,
        .tick_ms = s->tick_ms,
        .yield_timeout_blocks = s->yield_timeout_blocks,
        .validity_blocks = s->validity_blocks,
        .history_blocks = s->history_blocks,
    };
    if (*s->data_dir) {
        TRY(fs_make_dirs(s->data_dir));
        TRY(lock_data_dir(s->data_dir, arena));
        config.path = arena_fmt(arena, "%s/chain.db", s->data_dir);
        config.vm_cache_dir = arena_fmt(arena, "%s/vm-cache", s->data_dir);
        TRY(fs_make_dirs(config.vm_cache_dir));
    }
    static const struct chain_genesis_account none[1];
    config.accounts = *s->genesis_file ? none : NULL;
    TRY(chain_open(&config, out));
    if (*s->genesis_file)
        TRY(genesis_load(*out, s->genesis_file));
    if (*s->credentials_dir)
        TRY(chain_write_credentials(*out, s->credentials_dir));
    return chain_start(*out);
}

static void say_ready(const struct settings *s, const struct rpc_server_config *config, const struct rpc_server *server)
{
    bool v6 = strchr(config->address, ':') != NULL;
    char url[128];
    snprintf(url, sizeof url, "http://%s%s%s:%u", v6 ? "[" : "", config->address, v6 ? "]" : "", rpc_server_port(server));
    printf("{\"ready\":true,\"rpc\":\"%s\",\"stream\":\"%s/v0/block/{block_id}\",\"chain_id\":\"%s\"}\n", url, url,
           s->chain_id);
    fflush(stdout);
}

/* SIGTERM and SIGINT are taken by sigwait below; every thread started later keeps them blocked. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

static struct err *serve(const struct settings *s, struct arena *arena)
{
    AUTO(chain) struct chain *chain = NULL;
    AUTO(rpc_server) struct rpc_server *server = NULL;
    struct rpc_server_config config = {0};
    sigset_t signals;
    int signal_number = 0;
    TRY(parse_listen(s->listen, arena, &config));
    block_signals(&signals);
    TRY_DOING(open_chain(s, arena, &chain), "opening the chain");
    config.chain = chain;
    TRY(rpc_server_start(&config, &server));
    say_ready(s, &config, server);
    sigwait(&signals, &signal_number);
    log_info("stopping", LOG_U64("signal", (uint64_t)signal_number));
    return NULL;
}

int main(int argc, char **argv)
{
    AUTO(arena) struct arena arena = {0};
    struct settings settings = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("outlayer-devnet: an embedded NEAR chain for development, with its JSON-RPC\n\n");
        config_print_help(items);
        return 0;
    }
    struct err *e = load(argc, argv, &arena, &settings);
    if (!e)
        e = serve(&settings, &arena);
    if (!e)
        return 0;
    int status = err_code(e) == ERR_INVALID ? 2 : 1;
    fprintf(stderr, "outlayer-devnet: %s\n", err_text(e));
    err_free(e);
    return status;
}
