/* Shared by the reader and the writer: which bytes cannot stand in a JSON string as they are. */
#pragma once
#include "base/slice.h"

enum { JSON_ESCAPED = 1, JSON_NOT_ASCII = 2 };

extern const uint8_t json_byte_class[256];
