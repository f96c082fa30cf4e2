/* Asks the outside what its input says, one call a line, words apart by tabs, and prints what came: "ok VALUE" or "error TEXT". */
#include "outlayer.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 10, ROOM = 1 << 20 };

static char room[ROOM], input[ROOM];
static struct outlayer_buf answer = {room, ROOM, 0};
static char *words[WORDS_MAX + 1];
static size_t word_count;
static uint64_t handle;

/* Functions of texts alone. */
#define T const char *
#define B struct outlayer_buf *
static const struct {
    const char *name;
    size_t texts;
    void (*function)(void);
} plain[] = {
#define PLAIN(name, texts) {#name, texts, (void (*)(void))outlayer_##name}
    PLAIN(rpc_view, 4),
    PLAIN(rpc_view_account, 2),
    PLAIN(rpc_view_access_key, 3),
    PLAIN(rpc_view_access_key_list, 2),
    PLAIN(rpc_view_code, 2),
    PLAIN(rpc_view_state, 3),
    PLAIN(rpc_block, 1),
    PLAIN(rpc_chunk, 1),
    PLAIN(rpc_changes, 1),
    PLAIN(rpc_send_tx, 2),
    PLAIN(rpc_tx_status, 3),
    PLAIN(rpc_receipt, 1),
    PLAIN(rpc_call, 8),
    PLAIN(rpc_transfer, 5),
    PLAIN(rpc_gas_price, 1),
    PLAIN(rpc_status, 0),
    PLAIN(rpc_network_info, 0),
    PLAIN(rpc_validators, 1),
    PLAIN(rpc_raw, 2),
    PLAIN(storage_get, 1),
    PLAIN(storage_list_keys, 1),
    PLAIN(storage_get_by_version, 2),
    PLAIN(storage_clear_all, 0),
    PLAIN(storage_clear_version, 1),
    PLAIN(vrf_generate, 1),
    PLAIN(vrf_pubkey, 0),
    PLAIN(wallet_get_id, 0),
    PLAIN(wallet_get_address, 1),
    PLAIN(wallet_withdraw, 4),
    PLAIN(wallet_withdraw_dry_run, 4),
    PLAIN(wallet_get_request_status, 1),
    PLAIN(wallet_list_tokens, 0),
    PLAIN(wallet_transfer, 3),
    PLAIN(wallet_get_balance, 2),
    PLAIN(wallet_intents_deposit, 2),
    PLAIN(wallet_swap, 4),
};

static int call_plain(size_t i)
{
    char **w = words + 1;
    void (*f)(void) = plain[i].function;
    switch (plain[i].texts) {
    case 0:
        return ((int (*)(B))f)(&answer);
    case 1:
        return ((int (*)(T, B))f)(w[0], &answer);
    case 2:
        return ((int (*)(T, T, B))f)(w[0], w[1], &answer);
    case 3:
        return ((int (*)(T, T, T, B))f)(w[0], w[1], w[2], &answer);
    case 4:
        return ((int (*)(T, T, T, T, B))f)(w[0], w[1], w[2], w[3], &answer);
    case 5:
        return ((int (*)(T, T, T, T, T, B))f)(w[0], w[1], w[2], w[3], w[4], &answer);
    default:
        return ((int (*)(T, T, T, T, T, T, T, T, B))f)(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], &answer);
    }
}

static void print(int failed)
{
    printf("%s %.*s\n", failed ? "error" : "ok", (int)(answer.len < ROOM ? answer.len : ROOM), room);
}

static void print_truth(int failed, bool truth)
{
    printf("%s %s %.*s\n", failed ? "error" : "ok", truth ? "true" : "false", (int)answer.len, room);
}

static void print_number(int failed, int64_t number)
{
    printf("%s %" PRId64 " %.*s\n", failed ? "error" : "ok", number, (int)answer.len, room);
}

static bool is(const char *word)
{
    return !strcmp(words[0], word);
}

static bool call_storage(void)
{
    char **w = words + 1;
    bool set = false;
    int64_t now = 0;
    int failed;
    if (is("storage_set")) {
        print(outlayer_storage_set(w[0], w[1], strlen(w[1]), &answer));
    } else if (is("storage_has")) {
        printf("%s\n", outlayer_storage_has(w[0]) ? "true" : "false");
    } else if (is("storage_delete")) {
        printf("%s\n", outlayer_storage_delete(w[0]) ? "true" : "false");
    } else if (is("storage_set_if_absent")) {
        failed = outlayer_storage_set_if_absent(w[0], w[1], strlen(w[1]), &set, &answer);
        print_truth(failed, set);
    } else if (is("storage_set_if_equals")) {
        failed = outlayer_storage_set_if_equals(w[0], w[1], strlen(w[1]), w[2], strlen(w[2]), &set, &answer);
        print_truth(failed, set);
    } else if (is("storage_increment") || is("storage_decrement")) {
        int64_t delta = strtoll(w[1], NULL, 10);
        failed = is("storage_increment") ? outlayer_storage_increment(w[0], delta, &now, &answer)
                                         : outlayer_storage_decrement(w[0], delta, &now, &answer);
        print_number(failed, now);
    } else if (is("storage_set_worker")) {
        print(outlayer_storage_set_worker(w[0], w[1], strlen(w[1]), !strcmp(w[2], "public"), &answer));
    } else if (is("storage_get_worker")) {
        print(outlayer_storage_get_worker(w[0], word_count > 2 ? w[1] : NULL, &answer));
    } else {
        return false;
    }
    return true;
}

/* Reads a whole body piece by piece and prints how much it was and its last bytes. */
static void read_all(void)
{
    uint64_t total = 0;
    bool end = false;
    int failed = 0;
    char tail[33] = "";
    while (!end && !failed) {
        failed = outlayer_http_read(handle, &end, &answer);
        if (failed)
            break;
        total += answer.len;
        if (answer.len)
            snprintf(tail, sizeof tail, "%s", answer.len > 32 ? room + answer.len - 32 : room);
    }
    if (failed)
        print(1);
    else
        printf("ok %" PRIu64 " %s\n", total, tail);
}

static void write_many(uint64_t len)
{
    int failed = 0;
    memset(input + ROOM / 2, 'w', ROOM / 4);
    while (len && !failed) {
        size_t part = len < ROOM / 4 ? (size_t)len : ROOM / 4;
        failed = outlayer_http_write(handle, input + ROOM / 2, part, &answer);
        len -= part;
    }
    print(failed);
}

/* The same request again and again, and how many bytes came. */
static void measure(uint64_t count, const char *url)
{
    uint64_t total = 0;
    unsigned status = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (outlayer_http_fetch("GET", url, "", NULL, 0, &status, &answer)) {
            print(1);
            return;
        }
        total += answer.len;
    }
    printf("ok %" PRIu64 "\n", total);
}

/* In words, "|" is a line's end. */
static const char *lines(char *word)
{
    for (char *c = word; *c; c++)
        *c = *c == '|' ? '\n' : *c;
    return word;
}

static bool call_http(void)
{
    char **w = words + 1;
    unsigned status = 0;
    bool end = false;
    int failed;
    if (is("fetch")) {
        failed = outlayer_http_fetch(w[0], w[1], lines(w[2]), word_count > 4 ? w[3] : NULL, word_count > 4 ? strlen(w[3]) : 0,
                                     &status, &answer);
        print_number(failed, status);
    } else if (is("measure")) {
        measure(strtoull(w[0], NULL, 10), w[1]);
    } else if (is("open")) {
        failed = outlayer_http_open(w[0], w[1], lines(w[2]), word_count > 4, &handle, &answer);
        print_number(failed, failed ? 0 : (int64_t)handle);
    } else if (is("use")) {
        handle = strtoull(w[0], NULL, 10);
    } else if (is("write")) {
        print(outlayer_http_write(handle, w[0], strlen(w[0]), &answer));
    } else if (is("write_many")) {
        write_many(strtoull(w[0], NULL, 10));
    } else if (is("finish")) {
        print(outlayer_http_finish(handle, &answer));
    } else if (is("head")) {
        failed = outlayer_http_head(handle, &status, &answer);
        print_number(failed, status);
    } else if (is("read")) {
        failed = outlayer_http_read(handle, &end, &answer);
        print_truth(failed, end);
    } else if (is("read_all")) {
        read_all();
    } else if (is("trailers")) {
        print(outlayer_http_trailers(handle, &answer));
    } else if (is("close")) {
        print(outlayer_http_close(handle, &answer));
    } else {
        return false;
    }
    return true;
}

static void call_line(void)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (is(plain[i].name)) {
            print(call_plain(i));
            return;
        }
    }
    if (is("payment_refund_usd"))
        print(outlayer_payment_refund_usd(strtoull(words[1], NULL, 10), &answer));
    else if (!call_storage() && !call_http())
        printf("? %s\n", words[0]);
}

/* The same line again and again: "times N LINE". */
static void run_line(char *line)
{
    uint64_t times = 1;
    char *rest = line;
    word_count = 0;
    for (char *word; word_count < WORDS_MAX && (word = strsep(&rest, "\t"));)
        words[word_count++] = word;
    for (size_t i = word_count; i <= WORDS_MAX; i++)
        words[i] = "";
    if (is("times")) {
        times = strtoull(words[1], NULL, 10);
        memmove(words, words + 2, sizeof *words * (WORDS_MAX - 2));
        word_count -= 2;
    }
    if (is("flood"))
        for (;;)
            outlayer_storage_has("x");
    if (is("stray"))
        outlayer_import_rpc_status(), outlayer_result_read(0, 0, (void *)0xfffffff0u, 1000);
    for (uint64_t i = 0; i < times; i++)
        call_line();
}

int main(void)
{
    size_t len = fread(input, 1, ROOM / 2 - 1, stdin);
    char *rest = input;
    input[len] = '\0';
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            run_line(line);
    return 0;
}
