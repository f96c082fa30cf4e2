/* A report from the TDX guest device, signed by the host's quoting service over vsock.
 *
 *     u32 length (big-endian) of what follows
 *     header    u16 major = 1 · u16 minor · u32 type · u32 size of the whole message · u32 error
 *     request   u32 report size · u32 id list size = 0 · report
 *     response  u32 selected id size · u32 quote size · id · quote
 *
 * All integers but the first are little-endian.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "codec/borsh.h"
#include "tee/quote_source/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { GET_QUOTE_REQUEST = 0, GET_QUOTE_RESPONSE = 1, MAJOR = 1, MINOR = 0, HEADER_LEN = 16, RESPONSE_HEAD_LEN = 8 };
enum { ANSWER_MAX = QUOTE_LEN_MAX + 1024, CONF_MAX = 4096 };

struct vsock {
    struct quote_source head;
    struct quote_host host;
};

/* The stream to the quoting service, and until when it may be used. */
struct stream {
    int fd;
    uint64_t deadline_ns;
};

static struct err *await(const struct stream *t, short event, const char *doing)
{
    struct pollfd p = {.fd = t->fd, .events = event};
    int ready = -1;
    unsigned left = 1;
    while (ready < 0 && (left = quote_source_left_ms(t->deadline_ns)) > 0) {
        ready = poll(&p, 1, (int)left);
        if (ready < 0 && errno != EINTR)
            return err_errno(ERR_UNAVAILABLE, errno, "waiting for the quoting service");
    }
    return ready > 0 ? NULL : err_new(ERR_UNAVAILABLE, "the quoting service was not done in time: %s", doing);
}

static struct err *read_all(const struct stream *t, uint8_t *out, size_t len)
{
    char doing[96];
    for (size_t at = 0; at < len;) {
        snprintf(doing, sizeof doing, "%zu of %zu bytes of an answer came", at, len);
        TRY(await(t, POLLIN, doing));
        ssize_t n = recv(t->fd, out + at, len - at, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return err_errno(ERR_UNAVAILABLE, errno, "reading from the quoting service");
        if (n == 0)
            return err_new(ERR_UNAVAILABLE, "the quoting service closed the connection after %zu of %zu bytes", at, len);
        at += (size_t)n;
    }
    return NULL;
}

static struct err *send_all(const struct stream *t, struct slice bytes)
{
    while (bytes.len) {
        TRY(await(t, POLLOUT, "it does not take the request"));
        ssize_t n = send(t->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return err_errno(ERR_UNAVAILABLE, errno, "writing to the quoting service");
        bytes = slice_skip(bytes, (size_t)n);
    }
    return NULL;
}

static void append_big_endian(struct buf *out, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_append_byte(out, (uint8_t)(v >> shift));
}

static void build_request(const uint8_t *report, struct buf *out)
{
    uint32_t size = HEADER_LEN + 8 + TD_REPORT_LEN;
    append_big_endian(out, size);
    borsh_write_u16(out, MAJOR);
    borsh_write_u16(out, MINOR);
    borsh_write_u32(out, GET_QUOTE_REQUEST);
    borsh_write_u32(out, size);
    borsh_write_u32(out, 0);
    borsh_write_u32(out, TD_REPORT_LEN);
    borsh_write_u32(out, 0);
    buf_append(out, slice_from(report, TD_REPORT_LEN));
}

static struct err *parse_answer(struct slice message, struct buf *out)
{
    struct borsh_reader r = borsh_reader_of(message);
    uint16_t major = borsh_read_u16(&r);
    (void)borsh_read_u16(&r);
    uint32_t type = borsh_read_u32(&r), size = borsh_read_u32(&r), error = borsh_read_u32(&r);
    if (r.failed || major != MAJOR || type != GET_QUOTE_RESPONSE || size != message.len)
        return err_new(ERR_INVALID, "the quoting service answered %zu bytes that are no quote response", message.len);
    if (error)
        return err_new(ERR_UNAVAILABLE, "the quoting service failed with code 0x%x", (unsigned)error);
    uint32_t id_len = borsh_read_u32(&r), quote_len = borsh_read_u32(&r);
    borsh_read_bytes(&r, id_len);
    struct slice quote = borsh_read_bytes(&r, quote_len);
    if (!borsh_done(&r))
        return err_new(ERR_INVALID, "the quoting service's lengths do not add up: id %u, quote %u in %zu bytes",
                       (unsigned)id_len, (unsigned)quote_len, message.len);
    buf_append(out, quote);
    return NULL;
}

static struct err *exchange(const struct stream *t, const uint8_t *report, struct buf *out)
{
    AUTO(buf) struct buf request = {0};
    AUTO(buf) struct buf answer = {0};
    uint8_t head[4];
    build_request(report, &request);
    TRY(send_all(t, buf_slice(&request)));
    TRY(read_all(t, head, sizeof head));
    size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (len < HEADER_LEN || len > ANSWER_MAX)
        return err_new(ERR_INVALID, "the quoting service announces %zu bytes, expected %d to %d", len, HEADER_LEN, ANSWER_MAX);
    TRY(read_all(t, buf_reserve(&answer, len), len));
    answer.len = len;
    return parse_answer(buf_slice(&answer), out);
}

static struct err *vsock_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    struct vsock *v = (struct vsock *)s;
    uint8_t report[TD_REPORT_LEN];
    uint64_t deadline_ns = quote_source_deadline_ns(s);
    AUTO(fd) int fd = -1;
    TRY(v->host.report(v->host.self, report_data, report));
    TRY(v->host.connect(v->host.self, &fd));
    return exchange(&(struct stream){fd, deadline_ns}, report, out);
}

static void vsock_free(struct quote_source *s)
{
    mem_free(s);
}

void quote_source_vsock(const struct quote_host *host, struct quote_source **out)
{
    struct vsock *v = mem_calloc(1, sizeof *v);
    v->head = (struct quote_source){"vsock", vsock_quote, vsock_free, QUOTE_TIMEOUT_MS};
    v->host = *host;
    *out = &v->head;
}

/* uapi/linux/tdx-guest.h */
struct tdx_report_request {
    uint8_t report_data[REPORT_DATA_LEN];
    uint8_t report[TD_REPORT_LEN];
};
#define TDX_GET_REPORT0 _IOWR('T', 1, struct tdx_report_request)

static struct err *device_report(void *self, const uint8_t report_data[REPORT_DATA_LEN], uint8_t report[TD_REPORT_LEN])
{
    (void)self;
    struct tdx_report_request request = {0};
    AUTO(fd) int fd = open("/dev/tdx_guest", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening /dev/tdx_guest");
    memcpy(request.report_data, report_data, REPORT_DATA_LEN);
    if (ioctl(fd, TDX_GET_REPORT0, &request) != 0)
        return err_errno(ERR_UNAVAILABLE, errno, "asking /dev/tdx_guest for a report");
    memcpy(report, request.report, TD_REPORT_LEN);
    return NULL;
}

/* The number behind `port=` in the attestation library's configuration. */
static struct err *service_port(unsigned *out)
{
    static const char path[] = "/etc/tdx-attest.conf";
    AUTO(buf) struct buf text = {0};
    TRY(fs_read(path, CONF_MAX, &text));
    for (struct slice rest = buf_slice(&text), line; rest.ptr;) {
        rest = slice_cut(rest, '\n', &line);
        while (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
            line = slice_skip(line, 1);
        if (!slice_starts_with(line, SLICE("port")))
            continue;
        char digits[16] = "";
        struct slice value;
        value = slice_cut(line, '=', &line);
        memcpy(digits, value.ptr ? value.ptr : (const uint8_t *)"", value.len < sizeof digits ? value.len : sizeof digits - 1);
        *out = (unsigned)strtoul(digits, NULL, 10);
        if (*out)
            return NULL;
    }
    return err_new(ERR_INVALID, "%s has no line `port=<number>`", path);
}

static struct err *host_connect(void *self, int *fd)
{
    (void)self;
    struct sockaddr_vm host = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST};
    TRY(service_port(&host.svm_port));
    *fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "making a vsock socket");
    if (connect(*fd, (struct sockaddr *)&host, sizeof host) != 0)
        return err_errno(ERR_UNAVAILABLE, errno, "connecting to the quoting service at vsock port %u", host.svm_port);
    return NULL;
}

const struct quote_host quote_host_system = {device_report, host_connect, NULL};
