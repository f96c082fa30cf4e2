#include "crypto/sha384.h"
#include <openssl/evp.h>

void sha384_parts(const struct slice *parts, size_t count, uint8_t out[SHA384_LEN])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_DigestInit_ex(ctx, EVP_sha384(), NULL);
    for (size_t i = 0; i < count; i++)
        EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len);
    EVP_DigestFinal_ex(ctx, out, NULL);
    EVP_MD_CTX_free(ctx);
}
