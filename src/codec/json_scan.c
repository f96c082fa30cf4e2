#include "codec/json_scan.h"

const uint8_t json_byte_class[256] = {
    [0 ... 0x1f] = JSON_ESCAPED,
    ['"'] = JSON_ESCAPED,
    ['\\'] = JSON_ESCAPED,
    [0x80 ... 0xff] = JSON_NOT_ASCII,
};
