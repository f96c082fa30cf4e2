/* What the engine and its processes say to each other. Both ends are of one build on one machine, so records are plain structs;
 * whoever receives one believes nothing in it.
 *
 *     engine ◄─ report ── compiler       a pipe: one compile_report; wasm and artifact travel in memory files
 *     engine ◄── control ──► zygote      SOCK_SEQPACKET: zygote_request with one descriptor, zygote_reply
 *     engine ◄─── task ────► cell        a stream: task_head, environment, input one way, then an answer to each call; zygote_reply,
 *                                        then frames the other way. A spare cell: a hash before all that, a second zygote_reply
 *
 * Frames of a task are output and error text as they appear, calls of the outside (engine/host.h), and one outcome at the end. After
 * a call it is silent until the answer has come; calls are numbered from 1. */
#pragma once
#include "engine/engine.h"

enum { WIRE_MAGIC = 0x4f4c4531 }; /* "OLE1" */

enum { WIRE_TEXT_MAX = 1000 };

/* Descriptors the programs are started with. */
enum { COMPILER_WASM_FD = 3, COMPILER_ARTIFACT_FD, COMPILER_REPORT_FD, COMPILER_FDS_END };
enum { ZYGOTE_CONTROL_FD = 3, ZYGOTE_FDS_END };
enum { TASK_FD = 3 }; /* a task's socket, in its process */

/* The verdict on a program; pads are zero. */
struct compile_report {
    uint32_t magic;
    uint32_t accepted; /* 1: the artifact is complete, 0: the text says why not */
    uint64_t artifact_len;
    char text[WIRE_TEXT_MAX];
};

enum zygote_op {
    ZYGOTE_WARM =
        1,       /* run this artifact of ours once, so that later forks inherit warm pages; the text says what confines them */
    ZYGOTE_LOAD, /* keep this artifact under `code` */
    ZYGOTE_FATE, /* how the cell `pid` ended, or waits for its end; without a descriptor */
    ZYGOTE_CELL, /* fork a cell for one task of `code` on this socket, which the answer is sent on too */
    ZYGOTE_SPARE_CELL, /* the same for a program that the first bytes on the socket name (struct hash); it answers ZYGOTE_DONE or
                        * ZYGOTE_NOT_LOADED a second time when it has read them, and the task follows */
};

/* Programs that it keeps; the least recently used one makes room. */
enum { ZYGOTE_PROGRAMS_MAX = 64 };

struct zygote_request {
    uint32_t magic;
    uint32_t op;
    struct hash code;
    int32_t pid; /* of ZYGOTE_FATE */
};

enum zygote_status {
    ZYGOTE_DONE = 1, /* of a cell: from the cell itself, with its pidfd */
    ZYGOTE_NOT_LOADED,
    ZYGOTE_BAD_ARTIFACT, /* this engine does not load it */
    ZYGOTE_FAILED,       /* the system refused; see the text */
};

struct zygote_reply {
    uint32_t magic;
    uint32_t status;
    int32_t pid;  /* of a cell, from itself */
    int32_t fate; /* to ZYGOTE_FATE: as waitpid gives it */
    char text[WIRE_TEXT_MAX];
};

struct task_head {
    uint32_t magic;
    uint32_t env_count;
    uint64_t env_len;   /* then follow the environment, NAME=VALUE and a NUL each, */
    uint64_t input_len; /* and the input */
    uint64_t max_instructions, max_memory, max_output_len;
};

enum frame_kind { FRAME_OUTPUT = 1, FRAME_ERROR_TEXT, FRAME_OUTCOME, FRAME_CALL };

enum { FRAME_LEN_MAX = 64 * 1024 };

struct frame_head {
    uint32_t kind;
    uint32_t len; /* of what follows, at most FRAME_LEN_MAX; of a call, of call_head and HOST_REQUEST_MAX */
};

/* Then follow the values of the function's parameters. */
struct call_head {
    uint32_t op; /* enum host_op */
    uint32_t number;
};

/* Then follow the values of the function's results. */
struct answer_head {
    uint32_t number; /* the call's */
    uint32_t len;    /* of the values, at most HOST_ANSWER_MAX */
};

struct frame_outcome {
    uint32_t end; /* enum task_end */
    uint32_t is_component;
    int32_t exit_code;
    uint32_t zero;
    uint64_t instructions, peak_memory;
    char detail[WIRE_TEXT_MAX];
};

/* Copies text into a fixed field, cut and terminated; the rest is zero. */
void wire_set_text(char field[WIRE_TEXT_MAX], const char *text);

/* The bytes up to the first NUL, however hostile. */
struct slice wire_text(const char field[WIRE_TEXT_MAX]);

/* Sends one packet with a descriptor (fd < 0: none). ERR_UNAVAILABLE: the other end is gone. */
struct err *wire_send(int socket, const void *packet, size_t len, int fd);

/* Receives one packet of exactly `len` bytes within `timeout_ms` (-1: for ever), and the descriptor that came with it or -1.
 * ERR_NOT_FOUND: the other end has closed; ERR_UNAVAILABLE: nothing in time; ERR_INVALID: a packet of another shape. */
struct err *wire_recv(int socket, void *packet, size_t len, int *fd, int timeout_ms);

/* Reads the frames of a task piece by piece into an outcome, which must carry nothing yet. The zero value with limits set is
 * ready. */
struct frame_reader {
    uint64_t max_output_len, max_instructions;
    struct buf pending;                      /* bytes of an incomplete frame */
    bool done;                               /* the outcome has come */
    bool calling;                            /* a call has come and waits for its answer; whoever answers it makes this false */
    uint32_t calls;                          /* so far */
    enum host_op op;                         /* of the last one */
    struct host_value args[HOST_PARAMS_MAX]; /* borrowed from `call` */
    struct buf call;
};

enum { ERROR_TEXT_MAX = 64 * 1024 };

/* ERR_INVALID names the lie: an unknown kind, a wrong length, too much output, an impossible end, anything after the outcome, a call of nothing that there is, of other
 * values than it takes, out of turn, with another number than is next, or with anything behind it. */
struct err *frame_reader_feed(struct frame_reader *r, struct slice bytes, struct task_outcome *out, struct buf *detail);

static inline void auto_frame_reader(struct frame_reader *r)
{
    buf_free(&r->pending);
    buf_free(&r->call);
}
