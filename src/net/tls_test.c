/* Certificates of servers that programs call: the good one is taken, and no byte of a request goes to a server with another. Authorities are made here, and one of them
 * is what the client is told to trust. */
#include "base/clock.h"
#include "net/outbound.h"
#include "net/raw_server.h"
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum { DAY = 24 * 3600 };

/* A key and a certificate of it. */
struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static void identity_free(struct identity *i)
{
    EVP_PKEY_free(i->key);
    X509_free(i->certificate);
}

struct wanted {
    const char *name;            /* its subject */
    const char *alternative;     /* "DNS:localhost"; NULL: an authority */
    const struct identity *from; /* who signs; NULL: itself */
    long starts, ends;           /* seconds from now */
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(certificate, e, -1), 1);
    X509_EXTENSION_free(e);
}

static struct identity make(const struct wanted *w)
{
    static long serial;
    struct identity i = {.key = EVP_EC_gen("P-256"), .certificate = X509_new()};
    X509_NAME *name = X509_get_subject_name(i.certificate);
    X509_set_version(i.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(i.certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(i.certificate), w->starts);
    X509_gmtime_adj(X509_getm_notAfter(i.certificate), w->ends);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)w->name, -1, -1, 0);
    X509_set_issuer_name(i.certificate, w->from ? X509_get_subject_name(w->from->certificate) : name);
    X509_set_pubkey(i.certificate, i.key);
    add_extension(i.certificate, NID_basic_constraints, w->alternative ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (w->alternative)
        add_extension(i.certificate, NID_subject_alt_name, w->alternative);
    assert_true(X509_sign(i.certificate, w->from ? w->from->key : i.key, EVP_sha256()) > 0);
    return i;
}

/* --- a server ---------------------------------------------------------------------------------------------------------------------- */

static struct {
    struct identity authority, stranger, impostor; /* trusted; not; not, under the first one's name */
    char ca_path[64];
    struct identity server;
    atomic_bool asked; /* a request came through */
    char name[64];     /* of the server, as the client said it before it was encrypted (SNI) */
} t;

static void answer(SSL *tls)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    char request[4096];
    if (SSL_accept(tls) != 1 || SSL_read(tls, request, sizeof request) <= 0)
        return;
    const char *name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
    snprintf(t.name, sizeof t.name, "%s", name ? name : "");
    atomic_store(&t.asked, true);
    SSL_write(tls, reply, sizeof reply - 1);
    SSL_shutdown(tls);
}

static void serve(int socket)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, t.server.certificate);
    SSL_CTX_use_PrivateKey(context, t.server.key);
    SSL *tls = SSL_new(context);
    SSL_set_fd(tls, socket);
    answer(tls);
    SSL_free(tls);
    SSL_CTX_free(context);
}

/* One connection. */
static void *serve_one(void *listener)
{
    int socket = accept(*(int *)listener, NULL, NULL);
    if (socket >= 0) {
        serve(socket);
        close(socket);
    }
    return NULL;
}

static uint16_t listen_on_loopback(int *listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(*listener, 1), 0);
    assert_int_equal(getsockname(*listener, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

/* --- a client ------------------------------------------------------------------------------------------------------------------------ */

static struct err *ask(const char *host, uint16_t port)
{
    AUTO(outbound) struct outbound *o = NULL;
    AUTO(buf) struct buf head = {0};
    char url[100];
    uint32_t handle = 0;
    unsigned status = 0;
    const struct outbound_config config = {.policy.reach = EGRESS_LOOPBACK, .ca_file = t.ca_path};
    const struct outbound_wait wait = {.deadline_ns = clock_monotonic_ns(&clock_system) + 5000 * NS_PER_MS, .gone = -1};
    snprintf(url, sizeof url, "https://%s:%u/", host, port);
    const struct outbound_request request = {
        .method = SLICE("GET"), .url = slice_str(url), .headers = SLICE("authorization: Bearer of-the-program\n")};
    TRY(outbound_new(&config, &o));
    TRY(outbound_open(o, &request, &wait, &handle));
    TRY(outbound_head(o, handle, &wait, &status, &head));
    return status == 200 ? NULL : err_new(ERR_BUG, "status %u", status);
}

/* Asks a server that shows this certificate; takes it. */
static struct err *ask_one_with(const char *host, struct identity identity)
{
    int listener = -1;
    pthread_t thread;
    t.server = identity;
    atomic_store(&t.asked, false);
    uint16_t port = listen_on_loopback(&listener);
    assert_int_equal(pthread_create(&thread, NULL, serve_one, &listener), 0);
    struct err *e = ask(host, port);
    shutdown(listener, SHUT_RDWR); /* the server waits no more if nobody came */
    pthread_join(thread, NULL);
    close(listener);
    identity_free(&identity);
    return e;
}

/* --- what is true ---------------------------------------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    t.authority = make(&(struct wanted){.name = "test authority", .starts = -DAY, .ends = DAY});
    t.stranger = make(&(struct wanted){.name = "stranger", .starts = -DAY, .ends = DAY});
    t.impostor = make(&(struct wanted){.name = "test authority", .starts = -DAY, .ends = DAY});
    strcpy(t.ca_path, "/tmp/outlayer-tls-XXXXXX");
    BIO *file = BIO_new_fd(mkstemp(t.ca_path), BIO_CLOSE);
    assert_int_equal(PEM_write_bio_X509(file, t.authority.certificate), 1);
    BIO_free(file);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(t.ca_path);
    identity_free(&t.authority);
    identity_free(&t.stranger);
    identity_free(&t.impostor);
    return 0;
}

static void a_good_certificate_is_taken(void **state)
{
    (void)state;
    const struct wanted good = {"server", "DNS:localhost", &t.authority, -DAY, DAY};
    assert_ok(ask_one_with("localhost", make(&good)));
    assert_true(atomic_load(&t.asked));
    assert_string_equal(t.name, "localhost");
    assert_ok(ask_one_with("127.0.0.1", make(&(struct wanted){"server", "IP:127.0.0.1", &t.authority, -DAY, DAY})));
}

static void others_learn_nothing_of_the_request(void **state)
{
    (void)state;
    static const char wrong[] = "TLS-certificate-error", forged[] = "TLS-protocol-error";
    const struct {
        const char *what, *host;
        struct wanted certificate;
        const char *fault;
    } cases[] = {
        {"another name", "localhost", {"localhost", "DNS:other.example", &t.authority, -DAY, DAY}, wrong},
        {"a name that only begins alike", "localhost", {"server", "DNS:localhost.example", &t.authority, -DAY, DAY}, wrong},
        {"a name for an address", "127.0.0.1", {"127.0.0.1", "DNS:127.0.0.1", &t.authority, -DAY, DAY}, wrong},
        {"expired", "localhost", {"server", "DNS:localhost", &t.authority, -2L * DAY, -DAY}, wrong},
        {"not yet valid", "localhost", {"server", "DNS:localhost", &t.authority, DAY, 2L * DAY}, wrong},
        {"signed by itself", "localhost", {"server", "DNS:localhost", NULL, -DAY, DAY}, wrong},
        {"another authority", "localhost", {"server", "DNS:localhost", &t.stranger, -DAY, DAY}, wrong},
        {"another authority of the same name", "localhost", {"server", "DNS:localhost", &t.impostor, -DAY, DAY}, forged},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err *e = ask_one_with(cases[i].host, make(&cases[i].certificate));
        if (!e || err_code(e) != ERR_UNAVAILABLE || strncmp(err_text(e), cases[i].fault, strlen(cases[i].fault)) != 0)
            fail_msg("%s: %s", cases[i].what, e ? err_text(e) : "was taken");
        err_free(e);
        assert_false(atomic_load(&t.asked));
    }
}

/* Whoever is trusted may not lend it: a server's certificate is no authority. */
static void a_server_is_no_authority(void **state)
{
    (void)state;
    struct identity server = make(&(struct wanted){"server", "DNS:localhost", &t.authority, -DAY, DAY});
    struct err *e = ask_one_with("localhost", make(&(struct wanted){"below", "DNS:localhost", &server, -DAY, DAY}));
    assert_non_null(e);
    assert_int_equal(strncmp(err_text(e), "TLS-certificate-error", 21), 0);
    assert_false(atomic_load(&t.asked));
    err_free(e);
    identity_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_is_taken),
        cmocka_unit_test(others_learn_nothing_of_the_request),
        cmocka_unit_test(a_server_is_no_authority),
    };
    return cmocka_run_group_tests_name("tls", tests, set_up, tear_down);
}
