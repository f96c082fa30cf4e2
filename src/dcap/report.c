#include "dcap/report.h"
#include "base/sentence.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "dcap/record.h"
#include "dcap/time.h"

#define X(name, id, text) text "\0"
SENTENCES(sentences, DCAP_FAULTS(X));
#undef X
#define X(name, text) text "\0"
SENTENCES(subjects, DCAP_SUBJECTS(X));
#undef X
#define X(name, id, text) id,
static const char *const code_names[DCAP_CODE_COUNT] = {DCAP_FAULTS(X)};
#undef X
#define X(name, id, what) id,
static const char *const step_names[DCAP_STEP_COUNT] = {DCAP_STEPS(X)};
#undef X
#define X(name, id, what) what,
static const char *const step_texts[DCAP_STEP_COUNT] = {DCAP_STEPS(X)};
#undef X

static void write_part(const struct dcap_fault *f, uint8_t letter, struct buf *out)
{
    switch (letter) {
    case 's':
        sentence_append(out, subjects, f->about);
        break;
    case 'w':
        buf_append(out, f->what);
        break;
    case 'f':
        hex_append(out, f->found);
        break;
    case 'e':
        hex_append(out, f->expected);
        break;
    case 'n':
        json_digits(out, f->number);
        break;
    default:
        json_digits(out, f->limit);
    }
}

void dcap_fault_write(const struct dcap_fault *f, struct buf *out)
{
    AUTO(buf) struct buf sentence = {0};
    sentence_append(&sentence, sentences, f->code);
    for (size_t i = 0; i < sentence.len; i++) {
        if (sentence.ptr[i] == '%')
            write_part(f, sentence.ptr[++i], out);
        else
            buf_append_byte(out, sentence.ptr[i]);
    }
}

const char *dcap_code_name(enum dcap_code code)
{
    return code_names[code];
}

const char *dcap_step_name(enum dcap_step step)
{
    return step_names[step];
}

const char *dcap_step_what(enum dcap_step step)
{
    return step_texts[step];
}

const char *dcap_verdict_name(enum dcap_verdict verdict)
{
    static const char *const names[] = {[DCAP_UNPROVEN] = "unproven", [DCAP_PASS] = "pass", [DCAP_FAIL] = "fail"};
    return names[verdict];
}

bool dcap_report_is_good(const struct dcap_report *r)
{
    for (size_t i = 0; i < DCAP_STEP_COUNT; i++) {
        if (r->verdicts[i] != DCAP_PASS)
            return false;
    }
    return true;
}

enum dcap_step dcap_report_failed_step(const struct dcap_report *r)
{
    size_t i = 0;
    while (i < DCAP_STEP_COUNT && r->verdicts[i] != DCAP_FAIL)
        i++;
    return (enum dcap_step)i;
}

/* What steps saw. */

static void write_time(struct buf *out, const char *label, uint64_t seconds)
{
    char text[TIME_TEXT_LEN];
    time_to_rfc3339(seconds, text);
    buf_append_str(out, label);
    buf_append(out, slice_from(text, sizeof text));
}

static void write_hex(struct buf *out, const char *label, const void *bytes, size_t len)
{
    buf_append_str(out, label);
    hex_append(out, slice_from(bytes, len));
}

static void write_number(struct buf *out, const char *label, uint64_t number)
{
    buf_append_str(out, label);
    json_digits(out, number);
}

static void write_list(struct buf *out, struct slice revoked, uint64_t until)
{
    json_digits(out, revoked.len / X509_SERIAL_MAX);
    write_time(out, " revoked, until ", until);
}

static void write_verdict(struct buf *out, const struct tcb_verdict *v)
{
    buf_append(out, tcb_status_name(v->status));
    write_time(out, ", level of ", v->date);
    if (v->advisories.len) {
        buf_append_str(out, ", ");
        buf_append(out, v->advisories);
    }
}

static void write_level(struct buf *out, const struct dcap_report *r)
{
    write_verdict(out, &r->level->is);
    write_hex(out, ", CPU components ", r->pck.components, sizeof r->pck.components);
    write_number(out, ", PCESVN ", r->pck.pce_svn);
    if (r->level == r->level_all)
        return;
    buf_append_str(out, "; were the module's own components compared here too: ");
    if (r->level_all)
        buf_append(out, tcb_status_name(r->level_all->is.status));
    else
        buf_append_str(out, "no level");
}

static void write_module(struct buf *out, const struct dcap_report *r)
{
    if (!r->module) {
        buf_append_str(out, "none: an SGX quote");
        return;
    }
    write_number(out, "version ", r->quote.td->tee_tcb_svn[1]);
    write_number(out, ", SVN ", r->quote.td->tee_tcb_svn[0]);
    buf_append_str(out, ", ");
    if (r->module_is)
        write_verdict(out, r->module_is);
    else
        buf_append_str(out, "without levels");
}

static void write_status(struct buf *out, const struct dcap_report *r)
{
    buf_append(out, tcb_status_name(r->status));
    for (size_t i = 0; i < r->advisory_count; i++) {
        buf_append_str(out, i ? " " : ", advisories ");
        buf_append(out, r->advisories[i]);
    }
    if (r->relaunch_advised)
        buf_append_str(out, ", a relaunch of the TD is advised");
}

static void write_collateral_seen(const struct dcap_report *r, enum dcap_step step, struct buf *out)
{
    const struct dcap_record *c = r->record;
    struct time_window window;
    switch (step) {
    case DCAP_STEP_ROOT:
        write_hex(out, "sha256 ", c->root.certificate, DCAP_HASH_LEN);
        break;
    case DCAP_STEP_ROOT_CRL:
        write_list(out, c->root_revoked, c->dated[DATED_ROOT_CRL].until);
        break;
    case DCAP_STEP_TCB_SIGNER:
        write_time(out, "until ", c->dated[DATED_TCB_SIGNER].until);
        break;
    case DCAP_STEP_TCB_INFO:
        write_hex(out, "FMSPC ", c->tcb.fmspc, sizeof c->tcb.fmspc);
        write_number(out, ", evaluation ", c->tcb.evaluation_number);
        write_time(out, ", issued ", c->tcb.valid.from);
        break;
    case DCAP_STEP_QE_SIGNER:
        write_time(out, "until ", c->dated[DATED_QE_SIGNER].until);
        break;
    case DCAP_STEP_QE_IDENTITY:
        buf_append(out, c->qe.is_tdx ? SLICE("TD_QE") : SLICE("QE"));
        write_number(out, ", evaluation ", c->qe.evaluation_number);
        write_time(out, ", issued ", c->qe.valid.from);
        break;
    case DCAP_STEP_PCK_CA:
        write_hex(out, "sha256 ", c->ca.certificate, DCAP_HASH_LEN);
        break;
    case DCAP_STEP_PCK_CRL:
        write_list(out, c->pck_revoked, c->dated[DATED_PCK_CRL].until);
        break;
    default:
        window = dcap_record_window(c);
        write_time(out, "", r->now);
        write_time(out, ", holds from ", window.from);
        write_time(out, " to before ", window.until);
    }
}

static void write_quote_seen(const struct dcap_report *r, enum dcap_step step, struct buf *out)
{
    const struct quote *q = &r->quote;
    switch (step) {
    case DCAP_STEP_QUOTE:
        buf_append_str(out, q->enclave ? "SGX" : q->td_15 ? "TDX, TD report 1.5" : "TDX, TD report 1.0");
        write_number(out, ", version ", q->version);
        break;
    case DCAP_STEP_PCK_CHAIN:
        write_hex(out, "serial ", r->leaf.serial.ptr, r->leaf.serial.len);
        write_time(out, ", until ", r->leaf.valid.until);
        break;
    case DCAP_STEP_PCK:
    case DCAP_STEP_PLATFORM:
        write_hex(out, "FMSPC ", r->pck.fmspc, PCK_FMSPC_LEN);
        write_hex(out, ", PCE id ", r->pck.pce_id, PCK_PCE_ID_LEN);
        break;
    case DCAP_STEP_QE_REPORT:
        write_hex(out, "MRENCLAVE ", q->qe->mr_enclave, sizeof q->qe->mr_enclave);
        break;
    case DCAP_STEP_QE_POLICY:
        write_number(out, "SVN ", quote_u16(q->qe->isv_svn));
        buf_append_str(out, ", ");
        write_verdict(out, &r->qe_level->is);
        break;
    case DCAP_STEP_ATTESTATION_KEY:
        write_hex(out, "", q->key, QUOTE_KEY_LEN);
        break;
    case DCAP_STEP_TCB_LEVEL:
        write_level(out, r);
        break;
    case DCAP_STEP_TDX_MODULE:
        write_module(out, r);
        break;
    case DCAP_STEP_TCB_STATUS:
        write_status(out, r);
        break;
    case DCAP_STEP_TD_POLICY:
        if (q->td)
            write_hex(out, "TD attributes ", q->td->td_attributes, sizeof q->td->td_attributes);
        else
            write_hex(out, "attributes ", q->enclave->attributes, sizeof q->enclave->attributes);
        break;
    default:
        break;
    }
}

void dcap_report_write_seen(const struct dcap_report *r, enum dcap_step step, struct buf *out)
{
    if (r->verdicts[step] == DCAP_FAIL)
        dcap_fault_write(&r->fault, out);
    else if (r->verdicts[step] == DCAP_PASS && step <= DCAP_STEP_DATES && r->record)
        write_collateral_seen(r, step, out);
    else if (r->verdicts[step] == DCAP_PASS && step > DCAP_STEP_DATES)
        write_quote_seen(r, step, out);
}
