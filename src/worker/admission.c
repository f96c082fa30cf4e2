#include "worker/admission.h"
#include "base/log.h"
#include "worker/registration.h"

enum { FIRST_PAUSE_MS = 5000, LONGEST_PAUSE_MS = 5 * 60 * 1000, LOOK_MS = 50 };

void admission_init(struct admission *a)
{
    pthread_mutex_init(&a->lock, NULL);
    if (!a->first_pause_ms)
        a->first_pause_ms = FIRST_PAUSE_MS;
}

uint64_t admission_key_number(struct admission *a)
{
    pthread_mutex_lock(&a->lock);
    uint64_t number = a->key_number;
    pthread_mutex_unlock(&a->lock);
    return number;
}

void admission_refuse(struct admission *a, uint64_t key_number, const struct err *why)
{
    pthread_mutex_lock(&a->lock);
    bool news = a->admitted && key_number == a->key_number;
    if (news) {
        a->admitted = false;
        a->left_over = true;
    }
    pthread_mutex_unlock(&a->lock);
    if (news)
        log_error(
            "the worker's key is refused: nothing is claimed until the chain has one that may answer, and what was run is kept",
            LOG_ERR(why), LOG_STR("account", a->settings->operator_account_id));
}

void admission_confirm(struct admission *a, uint64_t key_number)
{
    pthread_mutex_lock(&a->lock);
    if (key_number == a->key_number)
        a->pause_ms = 0;
    pthread_mutex_unlock(&a->lock);
}

bool admission_is_admitted(struct admission *a)
{
    pthread_mutex_lock(&a->lock);
    bool admitted = a->admitted;
    pthread_mutex_unlock(&a->lock);
    return admitted;
}

bool admission_take_left_over(struct admission *a)
{
    pthread_mutex_lock(&a->lock);
    bool taken = a->admitted && a->left_over;
    if (taken)
        a->left_over = false;
    pthread_mutex_unlock(&a->lock);
    return taken;
}

/* --- what the thread at it does ---------------------------------------------------------------------------------------------- */

static bool registers(const struct admission *a)
{
    return *a->settings->init_account_credentials != 0;
}

static struct public_key present_key(struct admission *a)
{
    return registers(a) ? identity_public_key(a->identity) : a->key;
}

/* Signer and session go on with the identity's key. */
static void hand_out_key(struct admission *a)
{
    AUTO(secret_key) struct secret_key key = {0};
    identity_key(a->identity, &key);
    signer_use_key(a->signer, &key);
    if (a->session)
        coordinator_session_use_key(a->session, &key);
    pthread_mutex_lock(&a->lock);
    a->key_number++;
    pthread_mutex_unlock(&a->lock);
}

/* A key that the chain gave up is never registered again; one that it has not seen yet may be. */
static struct err *renew_key(struct admission *a)
{
    if (a->renewed)
        return NULL;
    TRY(identity_renew(a->identity, a->settings));
    a->renewed = true;
    hand_out_key(a);
    return NULL;
}

static struct err *register_anew(struct admission *a)
{
    TRY(renew_key(a));
    TRY(registration_send(a->settings, a->identity));
    a->renewed = false;
    pthread_mutex_lock(&a->lock);
    a->pause_ms = a->first_pause_ms; /* for a key that is refused at once */
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static struct err *seek(struct admission *a)
{
    const struct public_key key = present_key(a);
    struct err *e = registration_look(a->settings, &key);
    bool unfit = e && (err_code(e) == ERR_NOT_FOUND || err_code(e) == ERR_DENIED);
    if (!e)
        a->renewed = false; /* registered, though nobody heard of it */
    if (!unfit)
        return e;
    if (!registers(a))
        return err_doing(e, "add the key of OPERATOR_CREDENTIALS to the account again, or start with another");
    log_info("the chain has no fit key of this worker, a new one is registered", LOG_ERR(e));
    err_free(e);
    return register_anew(a);
}

/* The pause before an attempt; the next one is longer. */
static uint64_t next_pause(struct admission *a)
{
    pthread_mutex_lock(&a->lock);
    uint64_t pause = a->pause_ms, longer = pause ? pause * 2 : a->first_pause_ms;
    a->pause_ms = longer < LONGEST_PAUSE_MS ? longer : LONGEST_PAUSE_MS;
    pthread_mutex_unlock(&a->lock);
    return pause;
}

static bool seek_patiently(struct admission *a)
{
    while (!stop_rest(a->stop, next_pause(a))) {
        struct err *e = seek(a);
        if (!e)
            return true;
        log_warn("the worker is not admitted yet, waiting", LOG_ERR(e));
        err_free(e);
    }
    return false;
}

/* --- entering ---------------------------------------------------------------------------------------------------------------- */

enum turn { TURN_ADMITTED, TURN_MINE, TURN_OTHERS };

static enum turn take_turn(struct admission *a)
{
    pthread_mutex_lock(&a->lock);
    enum turn turn = a->admitted ? TURN_ADMITTED : a->sought ? TURN_OTHERS : TURN_MINE;
    if (turn == TURN_MINE)
        a->sought = true;
    pthread_mutex_unlock(&a->lock);
    return turn;
}

static void end_turn(struct admission *a, bool admitted)
{
    pthread_mutex_lock(&a->lock);
    a->admitted = admitted;
    a->sought = false;
    pthread_mutex_unlock(&a->lock);
}

bool admission_wait(struct admission *a)
{
    while (!admission_is_admitted(a)) {
        if (stop_rest(a->stop, LOOK_MS))
            return false;
    }
    return true;
}

bool admission_enter(struct admission *a)
{
    switch (take_turn(a)) {
    case TURN_ADMITTED:
        return true;
    case TURN_OTHERS:
        return admission_wait(a);
    case TURN_MINE:
        break;
    }
    bool admitted = seek_patiently(a);
    end_turn(a, admitted);
    if (admitted)
        log_info("the worker is admitted", LOG_STR("account", a->settings->operator_account_id));
    return admitted;
}
