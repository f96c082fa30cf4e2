/* What the commands about quotes read. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/* A quote: its bytes, or a text of their hex or base64. */
struct err *quote_file_read(const char *path, struct buf *out);
struct err *collateral_file_read(const char *path, struct buf *out);
/* The trusted root: DER from a file, Intel's when `path` is NULL. *out is borrowed from `memory` or static. */
struct err *root_file_read(const char *path, struct buf *memory, struct slice *out);
