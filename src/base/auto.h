/* Clean-up on every way out: `AUTO(buf) struct buf b = {0};` calls auto_buf(&b) when `b` leaves its scope. Each module that
 * owns something defines `auto_<name>`, which must accept the zero value. */
#pragma once

#define AUTO(name) __attribute__((cleanup(auto_##name)))
