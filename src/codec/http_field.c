#include "codec/http_field.h"

static bool is_separator(uint8_t c)
{
    static const char separators[] = "\"(),/:;<=>?@[\\]{}";
    for (const char *s = separators; *s; s++) {
        if (c == (uint8_t)*s)
            return true;
    }
    return false;
}

bool http_field_name_is_valid(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] >= 0x7f || is_separator(name.ptr[i]))
            return false;
    }
    return name.len != 0;
}

bool http_field_value_is_valid(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\r' || value.ptr[i] == '\n' || value.ptr[i] == 0)
            return false;
    }
    return true;
}

bool http_field_is_named(struct slice name, const char *lower)
{
    size_t i = 0;
    for (; i < name.len && lower[i]; i++) {
        uint8_t c = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 0x20 : name.ptr[i];
        if (c != (uint8_t)lower[i])
            return false;
    }
    return i == name.len && !lower[i];
}

bool http_field_is_transports(struct slice name)
{
    static const char *const names[] = {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "transfer-encoding",
        "upgrade",    "host",       "http2-settings"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (http_field_is_named(name, names[i]))
            return true;
    }
    return false;
}
