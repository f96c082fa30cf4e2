/* Runs a fuzz target over a folder of inputs: how the corpus is tested where there is no libFuzzer. */
#include "base/fs.h"
#include <dirent.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 16 * 1024 * 1024 };

int main(int argc, char **argv)
{
    static const uint8_t nothing[1] = {0};
    unsigned count = 1;
    LLVMFuzzerTestOneInput(nothing, 0);
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        AUTO(buf) struct buf path = {0}, input = {0};
        buf_append_fmt(&path, "%s/%s", argv[1], entry->d_name);
        struct err *e = fs_read(buf_str(&path), INPUT_MAX, &input);
        if (e) {
            fprintf(stderr, "%s\n", err_text(e));
            return 1;
        }
        LLVMFuzzerTestOneInput(input.ptr, input.len);
        count++;
    }
    if (dir)
        closedir(dir);
    printf("%u inputs\n", count);
    return 0;
}
