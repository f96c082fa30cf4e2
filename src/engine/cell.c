#include "engine/cell.h"
#include "base/fs.h"
#include "engine/text.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A fork takes well below a millisecond, on a machine that is not overwhelmed. */
enum { FIRST_WORD_TIMEOUT_MS = 30000 };

struct err *cell_order(struct zygote *z, const struct hash *code, struct cell *out)
{
    const struct zygote_request request = {
        .magic = WIRE_MAGIC, .op = code ? ZYGOTE_CELL : ZYGOTE_SPARE_CELL, .code = code ? *code : (struct hash){{0}}};
    int ends[2];
    *out = CELL_NONE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return err_errno(ERR_UNAVAILABLE, errno, "making a socket pair");
    struct err *e = wire_send(z->control, &request, sizeof request, ends[1]);
    close(ends[1]);
    if (e) {
        close(ends[0]);
        return e;
    }
    out->socket = ends[0];
    out->spare = !code;
    return NULL;
}

bool cell_choose(struct cell *c, const struct hash *code)
{
    AUTO(err) struct err *gone = wire_send(c->socket, code, sizeof *code, -1);
    if (gone)
        cell_close(c);
    return !gone;
}

static struct err *hear_word(struct cell *c, int *fd, struct zygote_reply *word)
{
    TRY(wire_recv(c->socket, word, sizeof *word, fd, FIRST_WORD_TIMEOUT_MS));
    if (word->magic == WIRE_MAGIC && word->status >= ZYGOTE_DONE && word->status <= ZYGOTE_FAILED)
        return NULL;
    return err_new(ERR_INVALID, "a word of status %u", word->status);
}

struct err *cell_meet(struct cell *c, enum zygote_status *status, struct buf *text)
{
    AUTO(fd) int unasked = -1;
    struct zygote_reply word;
    *status = ZYGOTE_DONE;
    if (c->process >= 0)
        return NULL;
    TRY(hear_word(c, &c->process, &word));
    c->pid = word.pid;
    if (c->spare && word.status == ZYGOTE_DONE)
        TRY(hear_word(c, &unasked, &word));
    *status = (enum zygote_status)word.status;
    text_append_clean(text, wire_text(word.text), WIRE_TEXT_MAX, TEXT_ONE_LINE);
    return NULL;
}

struct err *cell_fate(struct zygote *z, const struct cell *c, int *status)
{
    const struct zygote_request request = {.magic = WIRE_MAGIC, .op = ZYGOTE_FATE, .pid = c->pid};
    struct zygote_reply reply;
    TRY(zygote_exchange(z, &request, -1, &reply));
    if (reply.status != ZYGOTE_DONE)
        return err_new(ERR_NOT_FOUND, "the zygote does not remember process %d", (int)c->pid);
    *status = reply.fate;
    return NULL;
}

bool cell_is_there(const struct cell *c)
{
    struct pollfd p = {.fd = c->socket, .events = POLLRDHUP};
    return poll(&p, 1, 0) == 0;
}

void cell_close(struct cell *c)
{
    if (c->socket >= 0)
        close(c->socket);
    if (c->process >= 0)
        close(c->process);
    *c = CELL_NONE;
}
