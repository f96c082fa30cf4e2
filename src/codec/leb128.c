#include "codec/leb128.h"

/* One integer of `bits` bits. The last byte that fits holds `bits % 7` (or 7) of them; what it has above must repeat the value's
 * top bit when signed and be zero when not. */
static bool read_bits(struct slice *rest, unsigned bits, bool is_signed, uint64_t *out)
{
    uint64_t value = 0;
    unsigned shift = 0;
    for (size_t i = 0; i < rest->len && shift < bits; i++, shift += 7) {
        uint8_t byte = rest->ptr[i];
        unsigned room = bits - shift;
        if (room < 7) {
            uint8_t above = (uint8_t)((byte & 0x7f) >> (is_signed ? room - 1 : room));
            uint8_t ones = (uint8_t)(0x7f >> (room - 1));
            if (above != 0 && !(is_signed && above == ones))
                return false;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (is_signed && byte & 0x40 && shift + 7 < 64)
            value |= ~UINT64_C(0) << (shift + 7);
        *rest = slice_skip(*rest, i + 1);
        *out = value;
        return true;
    }
    return false;
}

bool leb128_read_u32(struct slice *rest, uint32_t *out)
{
    uint64_t v;
    if (!read_bits(rest, 32, false, &v))
        return false;
    *out = (uint32_t)v;
    return true;
}

bool leb128_read_u64(struct slice *rest, uint64_t *out)
{
    return read_bits(rest, 64, false, out);
}

static bool read_signed(struct slice *rest, unsigned bits, int64_t *out)
{
    uint64_t v;
    if (!read_bits(rest, bits, true, &v))
        return false;
    *out = (int64_t)v;
    return true;
}

bool leb128_read_s32(struct slice *rest, int32_t *out)
{
    int64_t v;
    if (!read_signed(rest, 32, &v))
        return false;
    *out = (int32_t)v;
    return true;
}

bool leb128_read_s33(struct slice *rest, int64_t *out)
{
    return read_signed(rest, 33, out);
}

bool leb128_read_s64(struct slice *rest, int64_t *out)
{
    return read_signed(rest, 64, out);
}

void leb128_append_u32(struct buf *out, uint32_t v)
{
    leb128_append_u64(out, v);
}

void leb128_append_u64(struct buf *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_append_byte(out, (uint8_t)(v | 0x80));
    buf_append_byte(out, (uint8_t)v);
}

void leb128_append_s32(struct buf *out, int32_t v)
{
    leb128_append_s64(out, v);
}

void leb128_append_s64(struct buf *out, int64_t v)
{
    /* Done when what is left is all sign and the byte's own sign bit says so. */
    for (; v < -64 || v > 63; v >>= 7)
        buf_append_byte(out, (uint8_t)(v | 0x80));
    buf_append_byte(out, (uint8_t)(v & 0x7f));
}
