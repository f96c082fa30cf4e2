/* A component that does what its input says, through the raw interfaces of WASI 0.2 and without a C library. */
#include "wasi2.h"

static uint8_t heap[1 << 20];
static size_t heap_used;

/* The host's lists. What does not fit ends here. */
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len);
void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len)
{
    (void)old, (void)old_len;
    heap_used = (heap_used + align - 1) / align * align;
    if (len > sizeof heap - heap_used)
        __builtin_trap();
    void *at = heap + heap_used;
    heap_used += len;
    return at;
}

static size_t length(const char *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

static handle out;

static void put(const char *text, size_t len)
{
    struct bytes_result r;
    while (len) {
        size_t part = len < 4096 ? len : 4096;
        output_blocking_write(out, text, part, &r);
        text += part;
        len -= part;
    }
}

static void say(const char *text)
{
    put(text, length(text));
}

static void say_number(uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    put(digits + at, sizeof digits - at);
    say(" ");
}

static void do_echo(uint64_t n)
{
    struct bytes_result r;
    (void)n;
    for (input_blocking_read(get_stdin(), 1000, &r); !r.is_error; input_blocking_read(get_stdin(), 1000, &r)) {
        put(r.bytes.ptr, r.bytes.len);
        heap_used = 0;
    }
    say_number(r.closed);
}

static void do_environment(uint64_t n)
{
    struct list list;
    int32_t cwd[3];
    (void)n;
    get_environment(&list);
    const struct list *pairs = list.ptr;
    for (size_t i = 0; i < list.len; i++) {
        put(pairs[2 * i].ptr, pairs[2 * i].len);
        say("=");
        put(pairs[2 * i + 1].ptr, pairs[2 * i + 1].len);
        say("\n");
    }
    get_arguments(&list);
    initial_cwd(cwd);
    say_number(list.len + (uint64_t)(cwd[0] & 0xff));
}

static void do_exit(uint64_t n)
{
    exit_with_code((int32_t)n);
    say("still here");
}

static void do_exit_result(uint64_t n)
{
    exit_with_result((int32_t)n);
    say("still here");
}

static void do_complain(uint64_t n)
{
    handle all = out;
    out = get_stderr();
    say("it went wrong");
    out = all;
    exit_with_result((int32_t)n);
}

static void do_clocks(uint64_t n)
{
    uint64_t wall[2] = {0, 0};
    uint64_t start = monotonic_now();
    wall_now(wall);
    handle p = subscribe_duration(n * 1000000);
    say_number(pollable_ready(p));
    pollable_block(p);
    say_number(pollable_ready(p));
    say_number(monotonic_now() - start >= n * 1000000);
    say_number(wall[0] > 1700000000 && (uint32_t)wall[1] < 1000000000);
    say_number(monotonic_resolution());
}

/* A timer in an hour, one soon, and a stream: the last two are ready when the soon one is. */
static void do_poll(uint64_t n)
{
    struct list ready;
    handle some[] = {subscribe_duration(3600000000000), subscribe_duration(n * 1000000)};
    poll_list(some, 2, &ready);
    say_number(ready.len);
    say_number(*(uint32_t *)ready.ptr);
    handle all[] = {some[0], input_subscribe(get_stdin()), some[1], output_subscribe(out), some[1]};
    poll_list(all, 5, &ready);
    for (size_t i = 0; i < ready.len; i++)
        say_number(((uint32_t *)ready.ptr)[i]);
}

static void do_poll_nothing(uint64_t n)
{
    struct list ready;
    poll_list(NULL, (size_t)n, &ready);
}

static void do_poll_same(uint64_t n)
{
    struct list ready;
    handle p = subscribe_instant(0);
    uint8_t *start = (uint8_t *)(__builtin_wasm_memory_size(0) << 16);
    if (__builtin_wasm_memory_grow(0, (n * 4 + 65535) >> 16) == (size_t)-1)
        __builtin_trap();
    handle *list = (handle *)start;
    for (size_t i = 0; i < n; i++)
        list[i] = p;
    poll_list(list, n, &ready);
    say_number(ready.len);
}

static void do_random(uint64_t n)
{
    struct list bytes;
    uint64_t seed[2] = {0, 0};
    random_bytes(n, &bytes);
    insecure_seed(seed);
    size_t zeroes = 0;
    for (size_t i = 0; i < bytes.len; i++)
        zeroes += ((uint8_t *)bytes.ptr)[i] == 0;
    say_number(bytes.len);
    say_number(zeroes < n / 16 && random_u64() != random_u64() && seed[0] != seed[1]);
}

static void do_files(uint64_t n)
{
    struct list folders;
    int32_t terminal[2] = {-1, -1};
    (void)n;
    get_directories(&folders);
    get_terminal_stdout(terminal);
    say_number(folders.len);
    say_number((uint64_t)(terminal[0] & 0xff));
}

static void do_descriptor(uint64_t n)
{
    int32_t result[2];
    descriptor_sync((handle)n, result);
}

static void do_sockets(uint64_t n)
{
    struct code_result tcp, udp, name;
    handle network = instance_network();
    create_tcp_socket((int32_t)n, &tcp);
    create_udp_socket(1, &udp);
    resolve_addresses(network, "localhost", 9, &name);
    say_number((uint64_t)tcp.is_error * 100 + tcp.code);
    say_number((uint64_t)udp.is_error * 100 + udp.code);
    say_number((uint64_t)name.is_error * 100 + name.code);
}

static void do_bad_text(uint64_t n)
{
    struct code_result r;
    resolve_addresses(instance_network(), "\xff\xfe\xed\xa0\x80", (size_t)n, &r);
}

static void do_flood(uint64_t n)
{
    static char page[4096];
    struct u64_result room;
    struct bytes_result r;
    for (size_t i = 0; i < sizeof page; i++)
        page[i] = 'f';
    for (uint64_t left = n; left;) {
        size_t part = left < sizeof page ? left : sizeof page;
        output_check(out, &room);
        output_write(out, page, part < room.n ? part : room.n, &r);
        left -= part < room.n ? part : room.n;
    }
    output_flush(out, &r);
}

static void do_zeroes(uint64_t n)
{
    struct bytes_result r;
    output_zeroes(out, n, &r);
    say_number(r.is_error);
}

static void do_blocking_zeroes(uint64_t n)
{
    struct bytes_result r;
    output_blocking_zeroes(out, n, &r);
}

/* Lists of any place and length, memory or not. */
static void do_write(uint64_t n)
{
    struct bytes_result r;
    output_write(out, NULL, (size_t)n, &r);
    say_number(r.is_error);
}

static void do_blocking_write(uint64_t n)
{
    struct bytes_result r;
    output_blocking_write(out, NULL, (size_t)n, &r);
}

static void do_read(uint64_t n)
{
    struct bytes_result r;
    input_read(get_stdin(), n, &r);
    say_number(r.is_error ? r.closed : r.bytes.len);
}

static void do_splice(uint64_t n)
{
    struct u64_result r;
    handle in = get_stdin();
    input_skip(in, 2, &r);
    say_number(r.n);
    output_splice(out, in, n, &r);
    say_number(r.is_error ? 99 : r.n);
    output_splice(out, in, n, &r);
    say_number(r.is_error ? 99 : r.n);
}

static void do_handles(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        subscribe_instant(0);
    say("all there");
}

static void do_drops(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        pollable_drop(subscribe_instant(0));
    say("all gone");
}

static void do_twice(uint64_t n)
{
    handle p = subscribe_instant(0);
    (void)n;
    pollable_drop(p);
    pollable_block(p);
}

static void do_other_kind(uint64_t n)
{
    (void)n;
    pollable_block(out);
}

static void do_hog(uint64_t n)
{
    if (__builtin_wasm_memory_grow(0, n) == (size_t)-1)
        __builtin_trap();
    say("taken");
}

static void do_loop(uint64_t n)
{
    for (volatile uint64_t i = n; i < UINT64_MAX; i++)
        ;
}

static void do_trap(uint64_t n)
{
    (void)n;
    say("lost");
    __builtin_trap();
}

static void do_recurse(uint64_t n)
{
    volatile char page[512];
    page[n % 512] = (char)n;
    if (n != UINT64_MAX)
        do_recurse(n + 1);
    page[0]++;
}

static const struct {
    const char *name;
    void (*run)(uint64_t n);
} commands[] = {
    {"echo", do_echo},
    {"environment", do_environment},
    {"exit", do_exit},
    {"exit_result", do_exit_result},
    {"complain", do_complain},
    {"clocks", do_clocks},
    {"poll", do_poll},
    {"poll_nothing", do_poll_nothing},
    {"poll_same", do_poll_same},
    {"random", do_random},
    {"files", do_files},
    {"descriptor", do_descriptor},
    {"sockets", do_sockets},
    {"bad_text", do_bad_text},
    {"flood", do_flood},
    {"zeroes", do_zeroes},
    {"blocking_zeroes", do_blocking_zeroes},
    {"write", do_write},
    {"blocking_write", do_blocking_write},
    {"read", do_read},
    {"splice", do_splice},
    {"handles", do_handles},
    {"drops", do_drops},
    {"twice", do_twice},
    {"other_kind", do_other_kind},
    {"hog", do_hog},
    {"loop", do_loop},
    {"trap", do_trap},
    {"recurse", do_recurse},
};

static bool is_word(const struct list *line, const char *word)
{
    size_t len = length(word);
    const char *text = line->ptr;
    for (size_t i = 0; i < len; i++)
        if (i >= line->len || text[i] != word[i])
            return false;
    return line->len == len || text[len] == ' ' || text[len] == '\n';
}

static uint64_t number_of(const struct list *line)
{
    const char *text = line->ptr;
    size_t at = 0;
    uint64_t n = 0;
    while (at < line->len && text[at] != ' ')
        at++;
    for (at++; at < line->len && text[at] >= '0' && text[at] <= '9'; at++)
        n = n * 10 + (uint64_t)(text[at] - '0');
    return n;
}

/* The first line of the input, at most 63 bytes of it and the newline. */
static struct list read_line(void)
{
    static char line[64];
    size_t len = 0;
    struct bytes_result r;
    handle in = get_stdin();
    while (len < sizeof line) {
        input_blocking_read(in, 1, &r);
        if (r.is_error || *(char *)r.bytes.ptr == '\n')
            break;
        line[len++] = *(char *)r.bytes.ptr;
    }
    input_drop(in);
    return (struct list){line, len};
}

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int32_t run(void);
int32_t run(void)
{
    struct list line = read_line();
    out = get_stdout();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (is_word(&line, commands[i].name)) {
            commands[i].run(number_of(&line));
            return 0;
        }
    }
    return 1;
}
