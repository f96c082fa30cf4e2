#include "cli/tee.h"
#include "base/clock.h"
#include "base/fs.h"
#include "cli/network.h"
#include "cli/print.h"
#include "cli/tee_register.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "crypto/hash.h"
#include "tee/simulator/simulator.h"
#include <stdio.h>
#include <string.h>

#define DAY_S UINT64_C(86400)

static const char help[] =
    "Who may work, which the owner of a register contract says; and quotes of the TDX simulator: Intel's formats under a root\n"
    "of our own, for development and for testing verifiers. Nothing the simulator makes is evidence of anything; every\n"
    "certificate says so.\n"
    "\n"
    "Usage:\n"
    "  outlayer tee approve CONTRACT (--quote FILE | --measurements JSON)   let workers with these measurements register\n"
    "  outlayer tee retire CONTRACT (--quote FILE | --measurements JSON)    no longer, and remove the keys of those that did\n"
    "  outlayer tee keys CONTRACT           list the workers' keys with what their quotes measured\n"
    "  outlayer tee simulate --out FOLDER   write quote.bin, collateral.json, root.der and pck_chain.pem\n"
    "  outlayer tee defects                 list what can be broken\n"
    "\n"
    "Options of approve, retire and keys:\n"
    "  --quote FILE       measurements of a quote, its bytes, hex or base64; it is not verified here (`outlayer quote verify` "
    "does)\n"
    "  --measurements JSON   {\"mrtd\":\"…\",\"rtmr0\":\"…\",…\"rtmr3\":\"…\"}, or the name of a file with it\n"
    "  --as ID            who signs (default: the contract's owner)\n"
    "  --clear-others     (approve) withdraw every other approval in the same call\n"
    "  --keep-keys        (retire) withdraw the approval alone\n" NETWORK_OPTIONS_HELP "\n"
    "Options of simulate:\n"
    "  --out FOLDER          where the files go; made when it is missing\n"
    "  --seed TEXT           keys come from it; equal seeds give equal bytes (default: simulator)\n"
    "  --at UNIX             the time it is (default: now); documents were issued a day before and hold 30 days\n"
    "  --kind KIND           tdx-v4 (default), tdx-v5 or sgx-v3\n"
    "  --defect NAME         break one thing and sign all around it properly\n"
    "  --report-data HEX     at most 64 bytes; zeros follow\n"
    "  --mrtd HEX, --rtmr0 HEX … --rtmr3 HEX, --mr-config-id HEX\n"
    "                        measurements, 48 bytes each (default: zeros)\n"
    "  --json                print one JSON object\n"
    "\n"
    "Examples:\n"
    "  outlayer tee approve worker.test.near --quote quote.bin\n"
    "  outlayer tee keys worker.outlayer.near --network mainnet --json\n"
    "  outlayer tee simulate --out q --defect pck-revoked\n"
    "  outlayer quote verify --quote q/quote.bin --collateral q/collateral.json --root q/root.der\n";

struct request {
    const char *out, *seed, *kind, *defect, *report_data, *config_id;
    const char *measurements[MEASUREMENT_COUNT];
    uint64_t at;
    bool json;
};

static const char *const kinds[] = {
    [SIMULATOR_TDX_V4] = "tdx-v4", [SIMULATOR_TDX_V5] = "tdx-v5", [SIMULATOR_SGX_V3] = "sgx-v3"};

static struct err *kind_of(const char *name, enum simulator_kind *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!strcmp(kinds[i], name)) {
            *out = (enum simulator_kind)i;
            return NULL;
        }
    }
    return err_new(ERR_INVALID, "--kind is tdx-v4, tdx-v5 or sgx-v3, not `%s`", name);
}

static struct err *report_data_of(const char *text, uint8_t *out)
{
    size_t len = strlen(text) / 2;
    if (len > REPORT_DATA_LEN || !hex_decode(slice_str(text), out, len, NULL))
        return err_new(ERR_INVALID, "--report-data takes hex of at most %d bytes", REPORT_DATA_LEN);
    return NULL;
}

/* Its documents hold from a day before to a month later, and the certificates as well. */
static struct err *check_time(uint64_t now)
{
    const uint64_t from = SIMULATOR_CERTS_FROM + DAY_S, until = SIMULATOR_CERTS_UNTIL - SIMULATOR_VALID_DAYS * DAY_S;
    return now >= from && now <= until
               ? NULL
               : err_new(ERR_INVALID, "--at takes a time at which the simulator's certificates hold: %llu to %llu, not %llu",
                         (unsigned long long)from, (unsigned long long)until, (unsigned long long)now);
}

static struct err *config_of(const struct request *r, struct simulator_config *out)
{
    struct hash seed = hash_sha256(slice_str(r->seed ? r->seed : "simulator"));
    memcpy(out->seed, seed.bytes, sizeof out->seed);
    out->now = r->at;
    TRY(check_time(out->now));
    if (r->kind)
        TRY(kind_of(r->kind, &out->kind));
    if (r->defect && !simulator_defect_find(r->defect, &out->defect))
        return err_new(ERR_INVALID, "there is no defect `%s`; `outlayer tee defects` lists them", r->defect);
    if (r->report_data)
        TRY(report_data_of(r->report_data, out->report_data));
    if (r->config_id)
        TRY_DOING(measurement_parse(slice_str(r->config_id), out->mr_config_id), "--mr-config-id");
    for (size_t i = 0; i < MEASUREMENT_COUNT; i++) {
        if (r->measurements[i])
            TRY_DOING(measurement_parse(slice_str(r->measurements[i]), out->measurements.of[i]), "--%s", measurement_names[i]);
    }
    return NULL;
}

static struct err *write_file(const char *folder, const char *name, const struct buf *bytes)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/%s", folder, name);
    return fs_write_atomic(buf_str(&path), buf_slice(bytes), 0644);
}

static struct err *write_files(const char *folder, const struct simulator_output *out)
{
    TRY(fs_make_dirs(folder));
    TRY(write_file(folder, "quote.bin", &out->quote));
    TRY(write_file(folder, "collateral.json", &out->collateral));
    TRY(write_file(folder, "root.der", &out->root));
    return write_file(folder, "pck_chain.pem", &out->pck_chain);
}

static struct err *run_simulate(const struct request *r)
{
    struct simulator_config config = {0};
    AUTO(simulator_output) struct simulator_output out = {0};
    char root[HASH_HEX_MAX];
    if (!r->out)
        return err_new(ERR_INVALID, "--out is missing: say where the files go");
    TRY(config_of(r, &config));
    simulator_make(&config, &out);
    TRY(write_files(r->out, &out));
    struct hash root_hash = hash_sha256(buf_slice(&out.root));
    struct simulator_defect defect = simulator_defect_at(config.defect);
    hash_hex(&root_hash, root);
    if (r->json) {
        AUTO(json) json_t *doc =
            json_pack("{sb ss sI sI ss ss}", "simulated", 1, "folder", r->out, "quote_bytes", (json_int_t)out.quote.len, "time",
                      (json_int_t)config.now, "defect", defect.name, "root_sha256", root);
        cli_print_json(doc);
    } else {
        printf("simulated quote, no evidence of anything: %zu bytes in %s/quote.bin\n", out.quote.len, r->out);
        printf("defect       %s (%s)\ntime         %llu\nroot sha256  %s\n", defect.name, defect.what,
               (unsigned long long)config.now, root);
    }
    return NULL;
}

static struct err *run_defects(const struct request *r)
{
    AUTO(json) json_t *list = json_array();
    for (size_t i = 0; i < simulator_defect_count(); i++) {
        struct simulator_defect d = simulator_defect_at(i);
        if (r->json)
            json_array_append_new(list, json_pack("{ss ss sb}", "name", d.name, "what", d.what, "harmless", d.harmless));
        else
            printf("%-24s %s%s\n", d.name, d.what, d.harmless && i ? " (to be accepted)" : "");
    }
    if (r->json)
        cli_print_json(list);
    return NULL;
}

static bool is_simulators(const char *word)
{
    return !strcmp(word, "simulate") || !strcmp(word, "defects");
}

static struct err *run(int argc, char **argv)
{
    static const char what[] = "say what to do first: approve, retire, keys, simulate or defects (`outlayer tee --help`)";
    struct request r = {.at = clock_wall_ns(&clock_system) / NS_PER_SEC};
    const struct cli_option options[] = {
        {"--out", CLI_STR, &r.out},
        {"--seed", CLI_STR, &r.seed},
        {"--at", CLI_U64, &r.at},
        {"--kind", CLI_STR, &r.kind},
        {"--defect", CLI_STR, &r.defect},
        {"--report-data", CLI_STR, &r.report_data},
        {"--mr-config-id", CLI_STR, &r.config_id},
        {"--mrtd", CLI_STR, &r.measurements[MEASUREMENT_MRTD]},
        {"--rtmr0", CLI_STR, &r.measurements[MEASUREMENT_RTMR0]},
        {"--rtmr1", CLI_STR, &r.measurements[MEASUREMENT_RTMR1]},
        {"--rtmr2", CLI_STR, &r.measurements[MEASUREMENT_RTMR2]},
        {"--rtmr3", CLI_STR, &r.measurements[MEASUREMENT_RTMR3]},
        {"--json", CLI_FLAG, &r.json},
        {0},
    };
    if (argc > 1 && argv[1][0] != '-' && !is_simulators(argv[1]))
        return err_new(ERR_INVALID, "%s", what);
    TRY(cli_options_read(options, &argc, argv));
    if (argc == 2 && !strcmp(argv[1], "simulate"))
        return run_simulate(&r);
    if (argc == 2 && !strcmp(argv[1], "defects"))
        return run_defects(&r);
    return err_new(ERR_INVALID, "%s", what);
}

int cli_tee(int argc, char **argv)
{
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    if (argc > 1 && cli_tee_register_knows(argv[1]))
        return cli_tee_register(argc, argv);
    return cli_exit(run(argc, argv));
}
