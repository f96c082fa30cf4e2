/* outlayer tcb forecast: what the next evaluation of Intel's will make of the platforms that are up to date today. */
#include "base/clock.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/quote.h"
#include "cli/quote_files.h"
#include "codec/json_doc.h"
#include "dcap/time.h"
#include "tee/quote_check.h"
#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: outlayer tcb forecast --quote FILE… --collateral FILE --next FILE [--at UNIX] [--root FILE] [--json]\n"
    "\n"
    "For each quote of a fleet: how it is rated under the collateral of today, how it will be under that of Intel's next\n"
    "TCB evaluation (fetched with `update=early`), when the first ceases to hold, and which component is short for UpToDate.\n"
    "\n"
    "Example:  outlayer tcb forecast --quote a.bin --quote b.bin --collateral now.json --next early.json\n"
    "Exit status: 0 every quote stays UpToDate, 1 one will not or does not verify, 2 wrong usage.\n";

struct request {
    struct cli_list quotes;
    const char *collateral, *next, *root;
    uint64_t at;
    bool json;
};

/* The newest level that is up to date, which is what a platform has to reach. */
static const struct tcb_level *wanted_level(const struct tcb_info *tcb)
{
    for (size_t i = 0; i < tcb->level_count; i++) {
        if (tcb->levels[i].is.status == TCB_UP_TO_DATE)
            return &tcb->levels[i];
    }
    return NULL;
}

static void add_short(json_t *list, const char *part, size_t index, unsigned have, unsigned need)
{
    if (have < need)
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:i, s:i}", "part", part, "component", (json_int_t)index, "has", have, "needs", need));
}

static void add_short_module(json_t *list, const struct dcap_report *r, const struct tcb_info *tcb)
{
    const uint8_t *svn = r->quote.td->tee_tcb_svn;
    for (size_t i = 0; i < tcb->identity_count; i++) {
        const struct tcb_svn_levels *levels = &tcb->identities[i].levels;
        if (tcb->identities[i].version == svn[1] && levels->count && levels->of[0].is.status == TCB_UP_TO_DATE)
            add_short(list, "TDX module", svn[1], svn[0], levels->of[0].svn);
    }
}

/* What the platform of the quote lacks to be up to date by the record. */
static json_t *short_components(const struct dcap_report *r, const struct dcap_record *next)
{
    json_t *list = json_array();
    const struct tcb_level *level = wanted_level(&next->tcb);
    const struct td_report *td = r->quote.td;
    const struct tcb_svn_levels *qe = &next->qe.levels;
    for (size_t i = 0; level && i < PCK_COMPONENTS; i++)
        add_short(list, "SGX component", i + 1, r->pck.components[i], level->sgx[i]);
    if (level)
        add_short(list, "PCESVN", 0, r->pck.pce_svn, level->pce_svn);
    for (size_t i = td ? tcb_start_of(td->tee_tcb_svn) : 0; level && td && i < PCK_COMPONENTS; i++)
        add_short(list, "TDX component", i + 1, td->tee_tcb_svn[i], level->tdx[i]);
    if (td)
        add_short_module(list, r, &next->tcb);
    if (qe->count && qe->of[0].is.status == TCB_UP_TO_DATE)
        add_short(list, "quoting enclave", 0, quote_u16(r->quote.qe->isv_svn), qe->of[0].svn);
    return list;
}

static json_t *rating(const struct quote_check *c)
{
    AUTO(buf) struct buf text = {0};
    if (dcap_report_is_good(&c->report))
        return json_doc_string(tcb_status_name(c->report.status));
    dcap_fault_write(&c->report.fault, &text);
    return json_doc_string(buf_slice(&text));
}

/* One quote under both; says whether it stays up to date. */
static bool forecast(const char *path, struct slice quote, struct slice root, struct slice now_json, struct slice next_json,
                     uint64_t now, json_t **out)
{
    static struct quote_check today, next;
    char until[TIME_TEXT_LEN];
    quote_check_run(&today, root, quote, now_json, now);
    quote_check_collateral(&next, root, next_json, now);
    uint64_t from = next.report.record ? dcap_record_window(&next.record).from : now;
    quote_check_run(&next, root, quote, next_json, from > now ? from : now);
    const struct dcap_report *seen = today.report.opened ? &today.report : &next.report;
    bool known = seen->opened && !seen->pck_code;
    time_to_rfc3339(today.report.record ? dcap_record_window(&today.record).until : 0, until);
    bool stays = dcap_report_is_good(&next.report) && next.report.status == TCB_UP_TO_DATE &&
                 dcap_report_is_good(&today.report) && today.report.status == TCB_UP_TO_DATE;
    *out = json_pack("{s:s, s:o, s:o, s:b, s:o, s:o}", "quote", path, "today", rating(&today), "next", rating(&next),
                     "stays_up_to_date", stays, "collateral_holds_until", json_stringn(until, sizeof until), "short",
                     known && next.report.record ? short_components(seen, &next.record) : json_array());
    quote_check_free(&today);
    quote_check_free(&next);
    return stays;
}

static void print_forecast(const json_t *one)
{
    size_t i;
    json_t *lack;
    printf("%s\n  today  %s, by collateral that holds until %s\n  next   %s\n",
           json_string_value(json_object_get(one, "quote")), json_string_value(json_object_get(one, "today")),
           json_string_value(json_object_get(one, "collateral_holds_until")), json_string_value(json_object_get(one, "next")));
    json_array_foreach(json_object_get(one, "short"), i, lack)
    {
        printf("  short  %s %lld: has %lld, needs %lld\n", json_string_value(json_object_get(lack, "part")),
               (long long)json_integer_value(json_object_get(lack, "component")),
               (long long)json_integer_value(json_object_get(lack, "has")),
               (long long)json_integer_value(json_object_get(lack, "needs")));
    }
}

static struct err *run_forecast(const struct request *r, bool *all_stay)
{
    AUTO(buf) struct buf now_json = {0}, next_json = {0}, root_file = {0};
    AUTO(json) json_t *list = json_array();
    struct slice root;
    size_t i;
    json_t *one;
    if (!r->quotes.count || !r->collateral || !r->next)
        return err_new(ERR_INVALID, "--quote, --collateral and --next are needed (`outlayer tcb --help`)");
    TRY(collateral_file_read(r->collateral, &now_json));
    TRY(collateral_file_read(r->next, &next_json));
    TRY(root_file_read(r->root, &root_file, &root));
    *all_stay = true;
    for (i = 0; i < r->quotes.count; i++) {
        AUTO(buf) struct buf quote = {0};
        TRY(quote_file_read(r->quotes.items[i], &quote));
        *all_stay &=
            forecast(r->quotes.items[i], buf_slice(&quote), root, buf_slice(&now_json), buf_slice(&next_json), r->at, &one);
        json_array_append_new(list, one);
    }
    json_array_foreach(list, i, one)
    {
        if (!r->json)
            print_forecast(one);
    }
    if (!r->json)
        return NULL;
    cli_print_json(list);
    return NULL;
}

static struct err *run(int argc, char **argv, bool *all_stay)
{
    struct request r = {.at = clock_wall_ns(&clock_system) / NS_PER_SEC};
    const struct cli_option options[] = {
        {"--quote", CLI_LIST, &r.quotes},
        {"--collateral", CLI_STR, &r.collateral},
        {"--next", CLI_STR, &r.next},
        {"--root", CLI_STR, &r.root},
        {"--at", CLI_U64, &r.at},
        {"--json", CLI_FLAG, &r.json},
        {0},
    };
    TRY(cli_options_read(options, &argc, argv));
    if (argc != 2 || strcmp(argv[1], "forecast") != 0)
        return err_new(ERR_INVALID, "say what to do: forecast (`outlayer tcb --help`)");
    return run_forecast(&r, all_stay);
}

int cli_tcb(int argc, char **argv)
{
    bool all_stay = false;
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    struct err *e = run(argc, argv, &all_stay);
    return e ? cli_exit(e) : !all_stay;
}
