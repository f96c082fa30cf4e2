#include "net/address.h"
#include <arpa/inet.h>
#include <string.h>

enum { V4_LEN = 4, V6_LEN = 16 };

struct range {
    uint8_t address[V6_LEN];
    unsigned bits;
};

static const struct range mapped_v6 = {{[10] = 0xff, [11] = 0xff}, 96}, loopback_v4 = {{127}, 8},
                          loopback_v6 = {{[15] = 1}, 128}, global_v6 = {{0x20}, 3};

static const struct range special_v4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

static const struct range special_v6[] = {
    {{0x20, 0x01, 0x00}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x20, 0x02}, 16},
    {{0x3f, 0xff, 0x00}, 20},
};

static bool in_range(const uint8_t *address, const struct range *r)
{
    unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(address, r->address, whole))
        return false;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return !rest || ((address[whole] ^ r->address[whole]) & mask) == 0;
}

static bool in_any(const uint8_t *address, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (in_range(address, &ranges[i]))
            return true;
    }
    return false;
}

struct net_address net_address_unmapped(const struct net_address *a)
{
    struct net_address plain = {.family = AF_INET};
    if (a->family != AF_INET6 || !in_range(a->bytes, &mapped_v6))
        return *a;
    memcpy(plain.bytes, a->bytes + V6_LEN - V4_LEN, V4_LEN);
    return plain;
}

bool net_address_is_special(const struct net_address *a)
{
    const struct net_address plain = net_address_unmapped(a);
    if (plain.family == AF_INET)
        return in_any(plain.bytes, special_v4, sizeof special_v4 / sizeof *special_v4);
    if (plain.family != AF_INET6)
        return true;
    return !in_range(plain.bytes, &global_v6) || in_any(plain.bytes, special_v6, sizeof special_v6 / sizeof *special_v6);
}

bool net_address_is_loopback(const struct net_address *a)
{
    const struct net_address plain = net_address_unmapped(a);
    if (plain.family == AF_INET)
        return in_range(plain.bytes, &loopback_v4);
    return plain.family == AF_INET6 && in_range(plain.bytes, &loopback_v6);
}

bool net_address_eq(const struct net_address *a, const struct net_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == AF_INET ? V4_LEN : V6_LEN) == 0;
}

bool net_address_parse(struct slice text, struct net_address *out)
{
    char z[NET_ADDRESS_TEXT_MAX];
    if (text.len == 0 || text.len >= sizeof z || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = '\0';
    *out = (struct net_address){.family = AF_INET};
    if (inet_pton(AF_INET, z, out->bytes) == 1)
        return true;
    out->family = AF_INET6;
    return inet_pton(AF_INET6, z, out->bytes) == 1;
}

const char *net_address_text(const struct net_address *a, char text[NET_ADDRESS_TEXT_MAX])
{
    if (!inet_ntop(a->family, a->bytes, text, NET_ADDRESS_TEXT_MAX))
        text[0] = '\0';
    return text;
}
