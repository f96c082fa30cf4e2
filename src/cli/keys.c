#include "cli/keys.h"
#include "base/fs.h"
#include "cli/options.h"
#include "cli/print.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "near/credentials.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_INPUT_MAX = 256 };

static const char help[] =
    "Keys of NEAR accounts on this machine, kept where the NEAR tools keep them:\n"
    "~/.near-credentials/<network>/<account>.json\n"
    "\n"
    "Usage:\n"
    "  outlayer keys generate [--account ID]   make a key; without an account, of the account that the key itself names\n"
    "  outlayer keys import --account ID       read a secret key from standard input\n"
    "  outlayer keys show --account ID         print the public key, with --secret the secret key too\n"
    "  outlayer keys list                      print the accounts that have a key\n"
    "\n"
    "Options:\n"
    "  --network NAME   devnet, testnet or mainnet (default: OUTLAYER_NETWORK, else devnet)\n"
    "  --account ID     the account\n"
    "  --secret         (show) print the secret key\n"
    "  --json           print one JSON object\n"
    "\n"
    "Examples:\n"
    "  outlayer keys generate --account alice.devnet\n"
    "  outlayer keys import --account alice.testnet --network testnet < key.txt\n"
    "  outlayer keys show --account alice.devnet --json\n";

struct request {
    const char *network, *account;
    bool secret, json;
};

static struct err *account_of(const struct request *r, struct account_id *out)
{
    if (!r->account)
        return err_new(ERR_INVALID, "--account is missing: say whose key, as in `--account alice.%s`", r->network);
    return account_id_parse(slice_str(r->account), out);
}

/* One account's key, as people or programs read it. The secret only when asked. */
static struct err *print_key(const struct request *r, const struct credentials *c)
{
    AUTO(buf) struct buf path = {0};
    char public_text[KEY_TEXT_MAX], secret_text[SECRET_TEXT_MAX] = "";
    struct public_key key = secret_key_public(&c->key);
    TRY(credentials_path(r->network, &c->account_id, &path));
    public_key_text(&key, public_text);
    if (r->secret)
        secret_key_text(&c->key, secret_text);
    if (r->json) {
        AUTO(json) json_t *doc =
            json_pack("{ss ss ss ss ss*}", "network", r->network, "account_id", c->account_id.text, "public_key", public_text,
                      "path", buf_str(&path), "private_key", r->secret ? secret_text : NULL);
        cli_print_json(doc);
    } else {
        printf("account     %s (%s)\npublic key  %s\n", c->account_id.text, r->network, public_text);
        if (r->secret)
            printf("secret key  %s\n", secret_text);
        printf("file        %s\n", buf_str(&path));
    }
    explicit_bzero(secret_text, sizeof secret_text);
    return NULL;
}

/* The account that needs no one to create it: the public key in hex. */
static struct err *implicit_account(const struct secret_key *k, struct account_id *out)
{
    struct public_key key = secret_key_public(k);
    char text[ACCOUNT_ID_MAX];
    hex_encode(public_key_raw(&key), text);
    return account_id_parse(slice_from(text, sizeof text), out);
}

static struct err *run_generate(const struct request *r)
{
    AUTO(credentials) struct credentials c = {0};
    secret_key_generate(&entropy_system, &c.key);
    if (r->account)
        TRY(account_of(r, &c.account_id));
    else
        TRY(implicit_account(&c.key, &c.account_id));
    TRY(credentials_write(r->network, &c));
    return print_key(r, &c);
}

/* From standard input, because arguments show in the list of processes and in the shell's history. */
static struct err *read_secret(struct secret_key *out)
{
    AUTO(buf) struct buf text = {0};
    if (isatty(STDIN_FILENO))
        fputs("paste the secret key (ed25519:…), then Enter and Ctrl-D:\n", stderr);
    struct err *e = fs_read_fd(STDIN_FILENO, "standard input", SECRET_INPUT_MAX, &text);
    while (text.len && strchr(" \r\n\t", text.ptr[text.len - 1]))
        text.len--;
    if (!e && text.len == 0)
        e = err_new(ERR_INVALID, "standard input has no secret key, expected `ed25519:…`");
    if (!e)
        e = secret_key_parse(buf_slice(&text), out);
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    return e;
}

static struct err *run_import(const struct request *r)
{
    AUTO(credentials) struct credentials c = {0};
    TRY(account_of(r, &c.account_id));
    TRY(read_secret(&c.key));
    TRY(credentials_write(r->network, &c));
    return print_key(r, &c);
}

static struct err *run_show(const struct request *r)
{
    AUTO(credentials) struct credentials c = {0};
    struct account_id account;
    TRY(account_of(r, &account));
    TRY(credentials_read(r->network, &account, &c));
    return print_key(r, &c);
}

/* A file that cannot be read is reported and does not hide the others. */
static void add_to_list(const struct request *r, const struct account_id *account, json_t *keys)
{
    AUTO(credentials) struct credentials c = {0};
    char text[KEY_TEXT_MAX];
    AUTO(err) struct err *e = credentials_read(r->network, account, &c);
    if (e) {
        fprintf(stderr, "warning: %s\n", err_text(e));
        return;
    }
    struct public_key key = secret_key_public(&c.key);
    public_key_text(&key, text);
    if (r->json)
        json_array_append_new(keys, json_pack("{ss ss}", "account_id", account->text, "public_key", text));
    else
        printf("%s  %s\n", account->text, text);
}

static struct err *run_list(const struct request *r)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(json) json_t *keys = json_array();
    const struct account_id *accounts;
    size_t count = 0;
    TRY(credentials_list(r->network, &arena, &accounts, &count));
    for (size_t i = 0; i < count; i++)
        add_to_list(r, &accounts[i], keys);
    if (r->json) {
        AUTO(json) json_t *doc = json_pack("{ss sO}", "network", r->network, "keys", keys);
        cli_print_json(doc);
    } else if (count == 0) {
        fprintf(stderr, "no keys on %s: make one with `outlayer keys generate --account ID`\n", r->network);
    }
    return NULL;
}

static const struct {
    const char *name;
    struct err *(*run)(const struct request *r);
} verbs[] = {{"generate", run_generate}, {"import", run_import}, {"show", run_show}, {"list", run_list}};

static struct err *run(int argc, char **argv)
{
    const char *network = getenv("OUTLAYER_NETWORK");
    struct request r = {.network = network && *network ? network : "devnet"};
    const struct cli_option options[] = {
        {"--network", CLI_STR, &r.network},
        {"--account", CLI_STR, &r.account},
        {"--secret", CLI_FLAG, &r.secret},
        {"--json", CLI_FLAG, &r.json},
        {0},
    };
    TRY(cli_options_read(options, &argc, argv));
    if (argc != 2)
        return err_new(ERR_INVALID, "say what to do: generate, import, show or list (`outlayer keys --help`)");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(argv[1], verbs[i].name))
            continue;
        if (r.secret && verbs[i].run != run_show)
            return err_new(ERR_INVALID, "--secret belongs to `keys show` only");
        return verbs[i].run(&r);
    }
    return err_new(ERR_INVALID, "`keys %s` is no command, expected generate, import, show or list", argv[1]);
}

int cli_keys(int argc, char **argv)
{
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    return cli_exit(run(argc, argv));
}
