/* JavaScript from standard input: evaluates it as a script, prints what it prints and then the value of its last expression.
 *
 *     print(…)    writes its arguments, with spaces between and a newline behind
 *     the value   is not shown when it is undefined; text as it is, objects as JSON; a promise is awaited
 *
 * An exception goes to standard error with its stack, and the exit status is 1. */
#include "quickjs.h"
#include <stdio.h>
#include <stdlib.h>

enum { SCRIPT_STEP = 64 * 1024 };

static char *read_script(size_t *len)
{
    char *script = NULL;
    for (size_t got = 1; got; *len += got) {
        script = realloc(script, *len + SCRIPT_STEP + 1);
        if (!script)
            exit(1);
        got = fread(script + *len, 1, SCRIPT_STEP, stdin);
    }
    script[*len] = '\0';
    return script;
}

static void write_text(JSContext *js, JSValueConst value, FILE *to)
{
    size_t len = 0;
    const char *text = JS_ToCStringLen(js, &len, value);
    if (text)
        fwrite(text, 1, len, to);
    JS_FreeCString(js, text);
}

static JSValue js_print(JSContext *js, JSValueConst this_value, int count, JSValueConst *values)
{
    (void)this_value;
    for (int i = 0; i < count; i++) {
        if (i)
            putchar(' ');
        write_text(js, values[i], stdout);
    }
    putchar('\n');
    return JS_UNDEFINED;
}

static int fail(JSContext *js, JSValue exception)
{
    JSValue stack = JS_GetPropertyStr(js, exception, "stack");
    fflush(stdout);
    write_text(js, exception, stderr);
    if (JS_IsString(stack)) {
        fputc('\n', stderr);
        write_text(js, stack, stderr);
    }
    return 1;
}

/* What a promise became, after everything that waits has run. */
static JSValue settle(JSContext *js, JSValue value)
{
    JSContext *ran = NULL;
    while (JS_ExecutePendingJob(JS_GetRuntime(js), &ran) > 0)
        continue;
    if (JS_PromiseState(js, value) == JS_PROMISE_REJECTED)
        return JS_Throw(js, JS_PromiseResult(js, value));
    return JS_IsPromise(value) ? JS_PromiseResult(js, value) : value;
}

static int show(JSContext *js, JSValue value)
{
    JSValue json = JS_IsObject(value) ? JS_JSONStringify(js, value, JS_UNDEFINED, JS_UNDEFINED) : value;
    if (JS_IsException(json))
        return fail(js, JS_GetException(js));
    if (JS_IsUndefined(value))
        return 0;
    write_text(js, JS_IsUndefined(json) ? value : json, stdout);
    putchar('\n');
    return 0;
}

int main(void)
{
    size_t len = 0;
    char *script = read_script(&len);
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *js = runtime ? JS_NewContext(runtime) : NULL;
    if (!js)
        return 1;
    JSValue global = JS_GetGlobalObject(js);
    JS_SetPropertyStr(js, global, "print", JS_NewCFunction(js, js_print, "print", 1));

    JSValue value = settle(js, JS_Eval(js, script, len, "<stdin>", JS_EVAL_TYPE_GLOBAL));
    int status = JS_IsException(value) ? fail(js, JS_GetException(js)) : show(js, value);
    return fflush(stdout) ? 1 : status; /* the process ends here, nothing needs to be freed */
}
