#include "cli/asker.h"
#include "codec/json_doc.h"

#define USER_BALANCE  (NEAR_YOCTO * 1000)
#define ASKER_BALANCE (NEAR_YOCTO * 10)
#define ASK_DEPOSIT   (NEAR_YOCTO / 20)
#define ASK_GAS       (300 * TERA_GAS)

struct err *asker_deploy(const struct stack *s, struct signer **user)
{
    TRY(stack_create_account(s, ASKER_USER_ID, USER_BALANCE));
    TRY(stack_create_account(s, ASKER_ID, ASKER_BALANCE));
    TRY(stack_deploy(s, ASKER_ID, "asker", "new", "{\"outlayer_id\":\"" STACK_CONTRACT_ID "\"}"));
    return stack_signer(s, ASKER_USER_ID, user);
}

static void write_arguments(const struct asker_question *q, struct buf *out)
{
    AUTO(json) json_t *args =
        json_pack("{s:s, s:s, s:s, s:{s:I, s:I, s:I}}", "code_url", q->code_url, "code_hash", q->code_hash, "script", q->script,
                  "limits", "max_instructions", (json_int_t)q->max_instructions, "max_memory_mb", (json_int_t)q->max_memory_mb,
                  "max_execution_seconds", (json_int_t)q->max_execution_seconds);
    json_doc_write(args, out);
}

struct err *asker_ask(struct signer *user, const struct asker_question *q, enum tx_level level, struct tx_outcome *out)
{
    AUTO(buf) struct buf args = {0};
    write_arguments(q, &args);
    TRY(signer_call(user, slice_str(ASKER_ID), "ask", buf_slice(&args), ASK_GAS, ASK_DEPOSIT, level, out));
    return tx_outcome_expect(out, "asking");
}

struct err *asker_count(struct rpc_client *rpc, uint64_t *out)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *document = NULL;
    TRY(rpc_view_call(rpc, slice_str(ASKER_ID), "get_stats", SLICE("{}"), &text));
    TRY(json_doc_parse(buf_slice(&text), &document));
    return json_doc_u64(document, "asked", out);
}

struct err *asker_answer(struct rpc_client *rpc, uint64_t id, struct arena *arena, const char **out)
{
    AUTO(buf) struct buf text = {0}, answer = {0};
    AUTO(json) json_t *document = NULL;
    const char *args = arena_fmt(arena, "{\"id\":%llu}", (unsigned long long)id);
    TRY(rpc_view_call(rpc, slice_str(ASKER_ID), "get_answer", slice_str(args), &text));
    TRY(json_doc_parse(buf_slice(&text), &document));
    const json_t *held = json_object_get(document, "answer");
    if (!held)
        return err_new(ERR_NOT_FOUND, "the asker holds no answer to question %llu: %s", (unsigned long long)id, buf_str(&text));
    json_doc_write(held, &answer);
    *out = arena_str(arena, buf_slice(&answer));
    return NULL;
}
