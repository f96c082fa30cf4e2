/* Calls every function of preview 1 that takes a descriptor, on the descriptor that its input names, and prints the errors. */
#include <stdint.h>
#include <stdio.h>
#include <wasi/api.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int32_t proc_raise(int32_t signal);

#define SHOW(call) printf(#call " %d\n", (int)(call))

/* Short names, for the text that is printed. */
#define advise(fd)             __wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_NORMAL)
#define allocate(fd)           __wasi_fd_allocate(fd, 0, 1)
#define datasync(fd)           __wasi_fd_datasync(fd)
#define fdstat_get(fd)         __wasi_fd_fdstat_get(fd, &fdstat)
#define fdstat_set_flags(fd)   __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_NONBLOCK)
#define fdstat_set_rights(fd)  __wasi_fd_fdstat_set_rights(fd, 0, 0)
#define filestat_get(fd)       __wasi_fd_filestat_get(fd, &filestat)
#define filestat_set_size(fd)  __wasi_fd_filestat_set_size(fd, 0)
#define filestat_set_times(fd) __wasi_fd_filestat_set_times(fd, 0, 0, 0)
#define pread(fd)              __wasi_fd_pread(fd, &in, 1, 0, &size)
#define prestat_get(fd)        __wasi_fd_prestat_get(fd, &prestat)
#define prestat_dir_name(fd)   __wasi_fd_prestat_dir_name(fd, bytes, sizeof bytes)
#define pwrite(fd)             __wasi_fd_pwrite(fd, &out, 1, 0, &size)
#define read(fd)               __wasi_fd_read(fd, &in, 1, &size)
#define readdir(fd)            __wasi_fd_readdir(fd, bytes, sizeof bytes, 0, &size)
#define renumber(fd)           __wasi_fd_renumber(fd, 5)
#define seek(fd)               __wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &offset)
#define sync(fd)               __wasi_fd_sync(fd)
#define tell(fd)               __wasi_fd_tell(fd, &offset)
#define write(fd)              __wasi_fd_write(fd, &out, 1, &size)
#define create_directory(fd)   __wasi_path_create_directory(fd, "x")
#define path_filestat_get(fd)  __wasi_path_filestat_get(fd, 0, "x", &filestat)
#define path_set_times(fd)     __wasi_path_filestat_set_times(fd, 0, "x", 0, 0, 0)
#define path_link(fd)          __wasi_path_link(fd, 0, "x", fd, "y")
#define path_open(fd)          __wasi_path_open(fd, 0, "x", 0, 0, 0, 0, &opened)
#define path_readlink(fd)      __wasi_path_readlink(fd, "x", bytes, sizeof bytes, &size)
#define remove_directory(fd)   __wasi_path_remove_directory(fd, "x")
#define path_rename(fd)        __wasi_path_rename(fd, "x", fd, "y")
#define path_symlink(fd)       __wasi_path_symlink("x", fd, "y")
#define unlink_file(fd)        __wasi_path_unlink_file(fd, "x")
#define sock_accept(fd)        __wasi_sock_accept(fd, 0, &opened)
#define sock_recv(fd)          __wasi_sock_recv(fd, &in, 1, 0, &size, &flags)
#define sock_send(fd)          __wasi_sock_send(fd, &out, 1, 0, &size)
#define sock_shutdown(fd)      __wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD)
#define close(fd)              __wasi_fd_close(fd)

int main(void)
{
    static uint8_t bytes[64];
    const __wasi_iovec_t in = {bytes, 1};
    const __wasi_ciovec_t out = {bytes, 0};
    __wasi_fdstat_t fdstat;
    __wasi_filestat_t filestat;
    __wasi_prestat_t prestat;
    __wasi_size_t size;
    __wasi_filesize_t offset;
    __wasi_fd_t opened, fd = (__wasi_fd_t)(getchar() - '0');
    __wasi_roflags_t flags;

    SHOW(advise(fd));
    SHOW(allocate(fd));
    SHOW(datasync(fd));
    SHOW(fdstat_get(fd));
    SHOW(fdstat_set_flags(fd));
    SHOW(fdstat_set_rights(fd));
    SHOW(filestat_get(fd));
    SHOW(filestat_set_size(fd));
    SHOW(filestat_set_times(fd));
    SHOW(pread(fd));
    SHOW(prestat_get(fd));
    SHOW(prestat_dir_name(fd));
    SHOW(pwrite(fd));
    SHOW(read(fd));
    SHOW(readdir(fd));
    SHOW(renumber(fd));
    SHOW(seek(fd));
    SHOW(sync(fd));
    SHOW(tell(fd));
    SHOW(write(fd));
    SHOW(create_directory(fd));
    SHOW(path_filestat_get(fd));
    SHOW(path_set_times(fd));
    SHOW(path_link(fd));
    SHOW(path_open(fd));
    SHOW(path_readlink(fd));
    SHOW(remove_directory(fd));
    SHOW(path_rename(fd));
    SHOW(path_symlink(fd));
    SHOW(unlink_file(fd));
    SHOW(sock_accept(fd));
    SHOW(sock_recv(fd));
    SHOW(sock_send(fd));
    SHOW(sock_shutdown(fd));
    SHOW(close(fd));
    SHOW(close(fd));
    SHOW(proc_raise(6));
    SHOW(__wasi_sched_yield());
    return 0;
}
