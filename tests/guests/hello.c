/* The least program with an answer: one write, no C library. */
#include <stddef.h>
#include <stdint.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int32_t fd_write(int32_t fd,
                                                                                                   const void *iovecs,
                                                                                                   int32_t count,
                                                                                                   int32_t *written);

void _start(void)
{
    static const char text[] = "hello\n";
    const struct {
        const void *at;
        size_t len;
    } piece = {text, sizeof text - 1};
    int32_t written;
    fd_write(1, &piece, 1, &written);
}
