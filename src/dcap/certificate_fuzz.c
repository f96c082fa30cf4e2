/* Any bytes as PEM, as a certificate and as a revocation list: nothing is read past the end, and what a list says it holds can be walked. */
#include "base/buf.h"
#include "dcap/pck.h"
#include "dcap/pem.h"
#include "dcap/x509.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_der(struct slice der)
{
    struct x509_certificate cert;
    struct x509_list list;
    struct slice serial;
    struct pck pck;
    if (x509_read(der, &cert) == X509_FINE) {
        assert(cert.key && cert.serial.len && cert.serial.len <= X509_SERIAL_MAX && cert.tbs.len < der.len);
        pck_read(cert.sgx, &pck);
    }
    if (x509_list_read(der, &list) == X509_FINE) {
        size_t count = 0;
        for (struct slice entries = list.entries; x509_list_next(&entries, &serial); count++)
            assert(serial.len && serial.len <= X509_SERIAL_MAX);
        assert(count == list.count);
    }
    pck_read(der, &pck);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(buf) struct buf memory = {0};
    struct slice bytes = slice_from(data, len), der;
    struct pem_chain chain;
    struct room room = {buf_reserve(&memory, len + 16), len + 16};
    read_der(bytes);
    if (!pem_read(bytes, &chain))
        return 0;
    for (size_t i = 0; i < chain.count; i++) {
        if (pem_decode(chain.certs[i], &room, &der))
            read_der(der);
    }
    return 0;
}
