/* Sentences of faults: said only when something is wrong, and then whole. A table of them is one literal, each ended by a NUL:
 *
 *     SENTENCES(sentences, "all is well\0" "too short\0");
 *     sentence_append(&why, sentences, 1);
 *
 * Freestanding: a contract pays for its size on every call, so its build keeps the tables shortened (cmake/contract_ir.py) and its kit brings the
 * sentence_append that reads them. */
#pragma once
#include "base/buf.h"

#ifdef __wasm__
#define SENTENCES_KEPT __attribute__((section("text"), aligned(1)))
#else
#define SENTENCES_KEPT
#endif

#define SENTENCES(name, literal) static const char name[] SENTENCES_KEPT = literal

/* Appends the sentence with this number, from 0. */
void sentence_append(struct buf *out, const char *table, size_t number);
