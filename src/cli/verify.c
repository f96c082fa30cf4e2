#include "cli/verify.h"
#include "base/fs.h"
#include "cli/network.h"
#include "cli/options.h"
#include "cli/print.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_PROVEN = 0, EXIT_FAILED = 1, EXIT_UNPROVEN = 2, EXIT_USAGE = 3, EXIT_UNREACHABLE = 4, ENDPOINTS_MAX = 64 * 1024 };

static const char help[] =
    "Checks one result from the record down to the root of trust: signatures, quote, platform, software, and that code, input, "
    "output,\n"
    "caller and time are those that the chain shows. Trusts neither the coordinator nor the worker.\n"
    "\n"
    "Usage:\n"
    "  outlayer verify tx HASH       the transaction in which a contract asked\n"
    "  outlayer verify call ID       an HTTPS call; with --input and --output, which no chain shows\n"
    "  outlayer verify job NUMBER    a job of the coordinator\n"
    "  outlayer verify bundle FILE   evidence saved with --bundle\n"
    "\n"
    "Options:\n"
    "  --network NAME                devnet (default), testnet or mainnet\n"
    "  --data DIR                    (devnet) the data directory that `outlayer up` was given\n"
    "  --api URL, --rpc URL          another coordinator, another (archival) node\n"
    "  --contract ID, --register ID  another main contract, another register contract\n"
    "  --root FILE                   trust this root (DER) and not Intel's; the devnet's own simulator by default, refused "
    "elsewhere\n"
    "  --collateral FILE             Intel's documents, where the coordinator has none\n"
    "  --input FILE, --output FILE   what was sent and received, compared to the record; a line feed too many at the end is "
    "none of it\n"
    "  --approved-measurements FILE  your own list of approved software: [{\"mrtd\":…,\"rtmr0\":…,…}]\n"
    "  --worker-key KEY              a worker key that you know for a registered one\n"
    "  --offline                     (bundle) ask nobody\n"
    "  --bundle FILE                 save the evidence\n"
    "  --wait SECONDS                wait for a record that is not there yet\n"
    "  --short, --json, --no-color   how it is shown\n"
    "\n"
    "Exit status: 0 every step passed, 1 a step failed, 2 evidence is missing, 3 wrong usage, 4 a service did not answer.\n"
    "\n"
    "A pass says that approved software in an enclave made this output of this input. It does not say that the software does "
    "what its source says\n"
    "(that takes a reproducible build), nor that the program is right.\n"
    "\n"
    "Examples:\n"
    "  outlayer verify tx 5F8y… --bundle evidence.json\n"
    "  outlayer verify bundle evidence.json --offline --approved-measurements mine.json --short\n";

struct request {
    const char *network, *data, *bundle;
    bool as_json, is_short, no_color;
    struct verify_sources sources;
    enum verify_subject subject;
    const char *name;
};

/* --- printing --------------------------------------------------------------------------------------------------------------- */

static bool use_color(const struct request *r)
{
    const char *no_color = getenv("NO_COLOR");
    return !r->no_color && !(no_color && *no_color) && isatty(STDOUT_FILENO);
}

static void print_step(const struct verify_step *s, bool color)
{
    static const char *const marks[] = {[VERIFY_PASS] = "pass", [VERIFY_FAIL] = "FAIL", [VERIFY_UNPROVEN] = "open"};
    static const char *const colors[] = {
        [VERIFY_PASS] = "\033[32m", [VERIFY_FAIL] = "\033[31m", [VERIFY_UNPROVEN] = "\033[33m"};
    printf("  %s%s%s  %-16s %s%s%s\n", color ? colors[s->verdict] : "", marks[s->verdict], color ? "\033[0m" : "", s->id,
           s->what, *s->seen ? ": " : "", s->seen);
}

static void print_steps(const struct verify_report *report, bool color)
{
    const char *group = "";
    for (size_t i = 0; i < report->count; i++) {
        const struct verify_step *s = &report->steps[i];
        if (strcmp(group, s->group) != 0)
            printf("%s\n", s->group);
        group = s->group;
        print_step(s, color);
    }
}

/* "PROVEN", "NOT PROVEN: request/input", "UNPROVEN: enclave/worker_key". */
void verify_print_verdict(const struct verify_report *report)
{
    enum verify_verdict verdict = verify_report_verdict(report);
    static const char *const words[] = {
        [VERIFY_PASS] = "PROVEN", [VERIFY_FAIL] = "NOT PROVEN, failed:", [VERIFY_UNPROVEN] = "UNPROVEN, open:"};
    printf("%s", words[verdict]);
    for (size_t i = 0; verdict != VERIFY_PASS && i < report->count; i++) {
        if (report->steps[i].verdict == verdict)
            printf(" %s/%s", report->steps[i].group, report->steps[i].id);
    }
    printf("%s\n", report->simulated ? " (simulated TDX: no evidence to anybody who does not trust this simulator)" : "");
}

static void print_whole(const struct verify_report *report, bool color)
{
    print_steps(report, color);
    printf("\n");
    verify_print_verdict(report);
}

void verify_print(const struct verify_report *report)
{
    print_whole(report, false);
}

static void print_json(const struct verify_report *report)
{
    AUTO(json) json_t *doc = verify_report_json(report);
    cli_print_json(doc);
}

/* --- sources ---------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *api_url, *rpc_url, *contract_id, *register_id;
} networks[] = {
    {"mainnet", "https://api.outlayer.fastnear.com", "https://archival-rpc.mainnet.fastnear.com", "outlayer.near",
     "worker.outlayer.near"},
    {"testnet", "https://testnet-api.outlayer.fastnear.com", "https://archival-rpc.testnet.fastnear.com", "outlayer.testnet",
     "worker.outlayer.testnet"},
};

static void fill(const char **field, const char *value)
{
    if (!*field)
        *field = value;
}

static const char *endpoint(struct arena *arena, const json_t *endpoints, const char *name)
{
    struct slice text = json_doc_text(json_object_get(endpoints, name));
    return text.ptr ? arena_str(arena, text) : NULL;
}

/* The stack that runs here: its simulator's root is one that this machine's user chose by starting it. */
static struct err *use_devnet(struct request *r, struct arena *arena)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *endpoints = NULL;
    const char *path = arena_fmt(arena, "%s/endpoints.json", r->data ? r->data : network_data_dir(arena));
    struct err *none = err_recode(fs_read(path, ENDPOINTS_MAX, &text), ERR_UNAVAILABLE);
    TRY_DOING(none, "no stack runs here; start one with `outlayer up`, or name another --network");
    TRY_DOING(json_doc_parse(buf_slice(&text), &endpoints), "%s", path);
    fill(&r->sources.api_url, endpoint(arena, endpoints, "coordinator"));
    fill(&r->sources.rpc_url, endpoint(arena, endpoints, "rpc"));
    fill(&r->sources.contract_id, endpoint(arena, endpoints, "contract"));
    fill(&r->sources.register_id, endpoint(arena, endpoints, "register"));
    fill(&r->sources.root_path, endpoint(arena, endpoints, "simulator_root"));
    return NULL;
}

static struct err *settle_sources(struct request *r, struct arena *arena)
{
    struct verify_sources *s = &r->sources;
    const char *from_env = getenv("OUTLAYER_NETWORK");
    s->network = r->network ? r->network : from_env && *from_env ? from_env : "devnet";
    bool complete = s->api_url && s->rpc_url && s->contract_id && s->register_id;
    if (!strcmp(s->network, "devnet"))
        return complete || s->offline ? NULL : use_devnet(r, arena);
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        if (strcmp(networks[i].name, s->network) != 0)
            continue;
        fill(&s->api_url, networks[i].api_url);
        fill(&s->rpc_url, networks[i].rpc_url);
        fill(&s->contract_id, networks[i].contract_id);
        fill(&s->register_id, networks[i].register_id);
        return NULL;
    }
    return err_new(ERR_INVALID, "unknown network `%s`, expected devnet, testnet or mainnet", s->network);
}

/* A bundle names the contract that it was made for. */
static struct err *settle_from_bundle(struct request *r, struct arena *arena)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *bundle = NULL;
    TRY(verify_file_read("bundle", r->name, &text));
    TRY_DOING(json_doc_parse(buf_slice(&text), &bundle), "bundle %s", r->name);
    fill(&r->network, endpoint(arena, bundle, "network"));
    if (r->sources.offline)
        fill(&r->sources.contract_id, endpoint(arena, bundle, "contract"));
    return NULL;
}

/* --- the command ------------------------------------------------------------------------------------------------------------ */

static struct err *read_request(int argc, char **argv, struct request *r)
{
    static const char *const subjects[] = {
        [VERIFY_TX] = "tx", [VERIFY_CALL] = "call", [VERIFY_JOB] = "job", [VERIFY_BUNDLE] = "bundle"};
    struct verify_sources *s = &r->sources;
    const struct cli_option options[] = {
        {"--network", CLI_STR, &r->network},
        {"--data", CLI_STR, &r->data},
        {"--api", CLI_STR, &s->api_url},
        {"--rpc", CLI_STR, &s->rpc_url},
        {"--archival-rpc", CLI_STR, &s->rpc_url},
        {"--contract", CLI_STR, &s->contract_id},
        {"--register", CLI_STR, &s->register_id},
        {"--root", CLI_STR, &s->root_path},
        {"--collateral", CLI_STR, &s->collateral_path},
        {"--input", CLI_STR, &s->input_path},
        {"--output", CLI_STR, &s->output_path},
        {"--approved-measurements", CLI_STR, &s->approved_path},
        {"--worker-key", CLI_STR, &s->worker_key},
        {"--offline", CLI_FLAG, &s->offline},
        {"--bundle", CLI_STR, &r->bundle},
        {"--wait", CLI_U64, &s->wait_s},
        {"--short", CLI_FLAG, &r->is_short},
        {"--json", CLI_FLAG, &r->as_json},
        {"--no-color", CLI_FLAG, &r->no_color},
        {0},
    };
    TRY(cli_options_read(options, &argc, argv));
    if (argc != 3)
        return err_new(ERR_INVALID,
                       "say what to verify: tx HASH, call ID, job NUMBER or bundle FILE (`outlayer verify --help`)");
    r->name = argv[2];
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        if (strcmp(argv[1], subjects[i]) != 0)
            continue;
        r->subject = (enum verify_subject)i;
        if (s->offline && r->subject != VERIFY_BUNDLE)
            return err_new(ERR_INVALID, "--offline goes with a bundle, which is all the evidence there is then");
        return NULL;
    }
    return err_new(ERR_INVALID, "`verify %s` is no command, expected tx, call, job or bundle", argv[1]);
}

static int exit_with(int status, struct err *e)
{
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return status;
}

static int status_of_error(const struct err *e)
{
    if (err_code(e) == ERR_NOT_FOUND)
        return EXIT_UNPROVEN;
    return err_code(e) == ERR_INVALID ? EXIT_USAGE : EXIT_UNREACHABLE;
}

static int show(const struct request *r, const struct verify_gathered *g)
{
    static const int statuses[] = {[VERIFY_PASS] = EXIT_PROVEN, [VERIFY_FAIL] = EXIT_FAILED, [VERIFY_UNPROVEN] = EXIT_UNPROVEN};
    AUTO(verify_report) struct verify_report report = {0};
    verify_run(&g->evidence, &report);
    if (r->as_json)
        print_json(&report);
    else if (r->is_short)
        verify_print_verdict(&report);
    else
        print_whole(&report, use_color(r));
    struct err *e = r->bundle ? verify_bundle_write(r->bundle, &r->sources, g, &report) : NULL;
    return e ? exit_with(EXIT_UNREACHABLE, e) : statuses[verify_report_verdict(&report)];
}

int cli_verify(int argc, char **argv)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(verify_gathered) struct verify_gathered g = {0};
    struct request r = {0};
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    struct err *e = read_request(argc, argv, &r);
    if (e)
        return exit_with(EXIT_USAGE, e);
    if (r.subject == VERIFY_BUNDLE)
        e = settle_from_bundle(&r, &arena);
    if (!e)
        e = settle_sources(&r, &arena);
    if (!e)
        e = verify_gather(&r.sources, r.subject, r.name, &g);
    return e ? exit_with(status_of_error(e), e) : show(&r, &g);
}
