/* What a program may ask of the outside. One table for everybody: the task's process and the engine write and check their messages
 * by it, modules and components get their imports from it, and whoever runs tasks answers by it.
 *
 *     guest ──import──► host_call (its process) ══ the task's socket ══► engine ──► struct task_host (its caller)
 *
 * Shapes are strings of one letter a value:
 *
 *     s text, UTF-8        b bytes                    S text or none
 *     u 64 bits unsigned   i 64 bits, two's complement
 *     t true or false      T true, false or none
 *
 * An `s` at the end of the results is the error, empty when there was none. Names and shapes are those of the WIT in sdk/wit; HTTP
 * has none of its own there, it is what wasi:http and sdk/outlayer.h are made of.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

enum host_interface { HOST_RPC, HOST_STORAGE, HOST_VRF, HOST_PAYMENT, HOST_WALLET, HOST_HTTP, HOST_INTERFACES };

enum host_op {
    HOST_RPC_VIEW,
    HOST_RPC_VIEW_ACCOUNT,
    HOST_RPC_VIEW_ACCESS_KEY,
    HOST_RPC_VIEW_ACCESS_KEY_LIST,
    HOST_RPC_VIEW_CODE,
    HOST_RPC_VIEW_STATE,
    HOST_RPC_BLOCK,
    HOST_RPC_CHUNK,
    HOST_RPC_CHANGES,
    HOST_RPC_SEND_TX,
    HOST_RPC_TX_STATUS,
    HOST_RPC_RECEIPT,
    HOST_RPC_CALL,
    HOST_RPC_TRANSFER,
    HOST_RPC_GAS_PRICE,
    HOST_RPC_STATUS,
    HOST_RPC_NETWORK_INFO,
    HOST_RPC_VALIDATORS,
    HOST_RPC_RAW,
    HOST_STORAGE_SET,
    HOST_STORAGE_GET,
    HOST_STORAGE_HAS,
    HOST_STORAGE_DELETE,
    HOST_STORAGE_LIST_KEYS,
    HOST_STORAGE_SET_IF_ABSENT,
    HOST_STORAGE_SET_IF_EQUALS,
    HOST_STORAGE_INCREMENT,
    HOST_STORAGE_DECREMENT,
    HOST_STORAGE_SET_WORKER,
    HOST_STORAGE_GET_WORKER,
    HOST_STORAGE_GET_BY_VERSION,
    HOST_STORAGE_CLEAR_ALL,
    HOST_STORAGE_CLEAR_VERSION,
    HOST_VRF_GENERATE,
    HOST_VRF_PUBKEY,
    HOST_PAYMENT_REFUND_USD,
    HOST_WALLET_GET_ID,
    HOST_WALLET_GET_ADDRESS,
    HOST_WALLET_WITHDRAW,
    HOST_WALLET_WITHDRAW_DRY_RUN,
    HOST_WALLET_GET_REQUEST_STATUS,
    HOST_WALLET_LIST_TOKENS,
    HOST_WALLET_TRANSFER,
    HOST_WALLET_GET_BALANCE,
    HOST_WALLET_INTENTS_DEPOSIT,
    HOST_WALLET_SWAP,
    /* An exchange is a handle, 1 and up. Header lines are `name: value`, each with a line feed behind it. Errors begin with a
     * wasi:http error code and a colon: "DNS-error: …".
     *
     *     open      method, URL, header lines, has a body, ms to connect, ms to the answer's head, ms between bytes (0: the host's
     *               own bounds) → handle, error
     *     write     handle, bytes of the body → error; returns when all have a place
     *     finish    handle, trailer lines → error; the body is complete
     *     head      handle, whether to wait → status (0: none yet), header lines, error
     *     read      handle, most bytes, whether to wait for at least one → bytes, whether these are the last, error
     *     trailers  handle → trailer lines, error; after the last byte
     *     wait      pairs of handle and enum host_http_event, u32 each, little-endian; ms at most → a byte for each, 1: has come;
     *               error. Waits until one has.
     *     close     handle → error; ends what is under way
     *     fetch     all of it at once: method, URL, header lines, body (empty: none) → status, header lines, body, error */
    HOST_HTTP_OPEN,
    HOST_HTTP_WRITE,
    HOST_HTTP_FINISH,
    HOST_HTTP_HEAD,
    HOST_HTTP_READ,
    HOST_HTTP_TRAILERS,
    HOST_HTTP_WAIT,
    HOST_HTTP_CLOSE,
    HOST_HTTP_FETCH,
    HOST_OPS,
};

/* What can be waited for. A failed exchange is ready for everything. */
enum host_http_event { HOST_HTTP_ROOM = 1, HOST_HTTP_HAS_HEAD, HOST_HTTP_HAS_BYTES };

/* Room for this many bytes of a body is there when HOST_HTTP_ROOM is. */
enum { HOST_HTTP_ROOM_LEN = 64 * 1024, HOST_HTTP_WAITS_MAX = 128 };

struct host_function {
    enum host_interface interface;
    const char *name, *params, *results;
};

extern const struct host_function host_functions[HOST_OPS];

/* "near:rpc/api@0.1.0" …; of HTTP "outlayer:http/api@0.1.0". */
const char *host_interface_name(enum host_interface interface);

/* What every function of an interface says where there is none: OutLayer's known sentences. */
const char *host_interface_absence(enum host_interface interface);

enum {
    HOST_PARAMS_MAX = 8,
    HOST_RESULTS_MAX = 4,
    HOST_REQUEST_MAX = 4 << 20, /* bytes of the values of one request */
    HOST_ANSWER_MAX = 16 << 20, /* and of one answer */
    HOST_CALLS_MAX = 1 << 18,   /* calls of one run */
    HOST_HTTP_TIMEOUTS_MAX = 2, /* answers without a head in time, which end a run */
};

struct host_value {
    bool none;       /* of S and T */
    uint64_t number; /* of u, i, t, T */
    struct slice bytes;
};

/* Length of the encoded values: u32 length and bytes of s, b and S (none: the length is 2^32 - 1), 8 bytes of u and i, one of t
 * and T (none: 2). */
size_t host_values_len(const char *shape, const struct host_value *values);
void host_values_append(const char *shape, const struct host_value *values, struct buf *out);

/* Reads exactly `bytes`; slices are borrowed from them. ERR_INVALID names the value and what is wrong with it. */
struct err *host_values_read(const char *shape, struct slice bytes, struct host_value *values);

struct host_answer {
    struct host_value values[HOST_RESULTS_MAX]; /* numbers; their bytes are not looked at */
    struct buf bytes[HOST_RESULTS_MAX];         /* of s and b */
};

void host_answer_free(struct host_answer *a);

static inline void auto_host_answer(struct host_answer *a)
{
    host_answer_free(a);
}

/* Every other result becomes empty, zero or false and the error this sentence; for a function without one, nothing else. */
void host_answer_fail(struct host_answer *a, enum host_op op, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

struct host_request {
    enum host_op op;
    struct host_value args[HOST_PARAMS_MAX];
    uint64_t deadline_ns; /* monotonic: the task is killed then, and nobody waits for the answer any more */
    int task;             /* becomes readable when the task is gone, whoever waits may look */
};

/* How a task ends that may go on no longer. */
enum host_verdict {
    HOST_GO_ON,
    HOST_END_HTTP_TIMEOUTS, /* too many requests without an answer: TASK_HTTP_TIMEOUTS */
};

struct pollfd;

/* Answers one call of one interface: always with an answer, as failures are answers too. Texts need not be UTF-8, what is not is replaced.
 * An answer over HOST_ANSWER_MAX becomes an error. */
typedef enum host_verdict host_serve(void *self, const struct host_request *request, struct host_answer *answer);

/* The outside of one task, brought by whoever runs it. What is NULL does not exist for the task. */
struct task_host {
    host_serve *serve[HOST_INTERFACES];
    /* Waits for the task to speak as ppoll with `timeout_ns` would, and meanwhile lets go on what is under way. NULL: ppoll. */
    void (*wait)(void *self, struct pollfd *task, uint64_t timeout_ns);
    void *self;
};
