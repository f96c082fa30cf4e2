#include "base/err.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err {
    enum err_code code;
    char *text;
};

static char *format(const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    size_t room = len < 0 ? 1 : (size_t)len + 1;
    char *text = mem_alloc(room);
    text[0] = '\0';
    if (len >= 0)
        vsnprintf(text, room, fmt, args);
    return text;
}

static struct err *with_text(enum err_code code, char *text)
{
    struct err *e = mem_alloc(sizeof *e);
    *e = (struct err){.code = code, .text = text};
    return e;
}

static void prepend_clause(struct err *e, const char *clause)
{
    size_t room = strlen(clause) + 2 + strlen(e->text) + 1;
    char *text = mem_alloc(room);
    snprintf(text, room, "%s: %s", clause, e->text);
    mem_free(e->text);
    e->text = text;
}

struct err *err_new(enum err_code code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = format(fmt, args);
    va_end(args);
    return with_text(code, text);
}

struct err *err_errno(enum err_code code, int errno_value, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *clause = format(fmt, args);
    va_end(args);
    struct err *e = err_new(code, "%s", strerror(errno_value));
    prepend_clause(e, clause);
    mem_free(clause);
    return e;
}

struct err *err_doing(struct err *e, const char *fmt, ...)
{
    if (!e)
        return NULL;
    va_list args;
    va_start(args, fmt);
    char *clause = format(fmt, args);
    va_end(args);
    prepend_clause(e, clause);
    mem_free(clause);
    return e;
}

struct err *err_recode(struct err *e, enum err_code code)
{
    if (e)
        e->code = code;
    return e;
}

enum err_code err_code(const struct err *e)
{
    return e->code;
}

const char *err_text(const struct err *e)
{
    return e->text;
}

const char *err_code_name(enum err_code code)
{
    static const char *const names[] = {
        [ERR_INVALID] = "invalid",   [ERR_DENIED] = "denied", [ERR_NOT_FOUND] = "not_found",
        [ERR_CONFLICT] = "conflict", [ERR_LIMIT] = "limit",   [ERR_UNAVAILABLE] = "unavailable",
        [ERR_BUG] = "bug",
    };
    return names[code];
}

void err_free(struct err *e)
{
    if (!e)
        return;
    mem_free(e->text);
    mem_free(e);
}
