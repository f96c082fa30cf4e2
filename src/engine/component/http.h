/* Inside component: wasi:http/types and wasi:http/outgoing-handler for a client, over the HTTP functions of engine/host.h.
 *
 *     fields ──► outgoing-request ──handle──► future-incoming-response ──► incoming-response ──► incoming-body ──► input-stream
 *                   └─► outgoing-body ──► output-stream                        └─► fields          └─finish─► future-trailers
 *
 * A body may be written before its request is sent, up to BODY_WAITING_MAX. What only a server needs exists and cannot be called. */
#pragma once
#include "base/buf.h"
#include "engine/component/error.h"
#include "engine/component/host.h"

enum { HTTP_FIELDS_MAX = 256 * 1024, BODY_WAITING_MAX = 16 << 20 };

/* --- fields ------------------------------------------------------------------------------------------------------------------ */

struct http_field {
    struct slice name; /* lower case; with the value one allocation */
    struct slice value;
};

/* What an entry takes beside its bytes, as HTTP/2 counts it (RFC 9113 §6.5.2). */
enum { HTTP_FIELD_OVERHEAD = 32 };

struct http_fields {
    struct component *guest;
    bool immutable;
    struct http_field *items;
    size_t count, room, len; /* entries, and what they take together, which the guest holds */
};

struct http_fields *http_fields_new(struct component *guest);
void http_fields_free(void *fields);

/* The same, as lines `name: value` with line feeds. */
void http_fields_append_lines(const struct http_fields *f, struct buf *out);

/* From such lines, for the guest to read only; what has no name is left out. NULL: the guest is stopped. */
struct http_fields *http_fields_of_lines(struct component *guest, struct slice lines);

/* A copy for the guest to read only: *slot is its number. */
bool http_fields_return(struct component_call *c, const struct http_fields *f, union shim_value *slot);

/* The value of content-length; false when there is none that is one number. */
bool http_fields_length(const struct http_fields *f, uint64_t *len);

/* --- an exchange of the host, as long as anything of the guest's needs it ---------------------------------------------------------- */

struct http_exchange {
    unsigned holders;
    struct host_port *port;
    uint64_t handle;
    bool closed;
};

struct http_exchange *http_exchange_hold(struct http_exchange *x);
void http_exchange_let_go(void *exchange);
/* Ends what is under way; everybody else sees an error. */
void http_exchange_abort(struct http_exchange *x);

/* --- errors -------------------------------------------------------------------------------------------------------------------- */

/* The slots of an error-code. */
enum { HTTP_ERROR_SLOTS = 6 };

/* Fills in an error-code from the host's text; the text is copied. */
void http_error_put(struct component_call *c, struct slice text, union shim_value slots[HTTP_ERROR_SLOTS]);

/* The same as an error of a stream. */
struct component_error *http_error_new(struct slice text);

/* --- functions --------------------------------------------------------------------------------------------------------------------- */

component_function http_fields_constructor, http_fields_from_list, http_fields_get, http_fields_has, http_fields_set,
    http_fields_delete, http_fields_append, http_fields_entries, http_fields_clone;
component_function http_request_constructor, http_request_body, http_request_method, http_request_set_method, http_request_path,
    http_request_set_path, http_request_scheme, http_request_set_scheme, http_request_authority, http_request_set_authority,
    http_request_headers, http_handle;
component_function http_options_constructor, http_options_connect, http_options_set_connect, http_options_first_byte,
    http_options_set_first_byte, http_options_between_bytes, http_options_set_between_bytes;
component_function http_body_write, http_body_finish;
component_function http_future_subscribe, http_future_get, http_response_status, http_response_headers, http_response_consume,
    http_incoming_stream, http_incoming_finish, http_trailers_subscribe, http_trailers_get;

/* Gives the guest a future of the exchange's answer. Takes one hold of it. */
bool http_future_return(struct component_call *c, struct http_exchange *x, union shim_value *slot);

extern const struct component_interface component_http_types, component_http_handler;

/* All interfaces there are, those of http.h and call.h, in an order in which signatures find what they name. */
extern const struct component_interface *const component_interfaces[];
extern const size_t component_interface_count;
