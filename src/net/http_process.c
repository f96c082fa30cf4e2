#include "net/http_process.h"
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

static void prepare(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    signal(SIGPIPE, SIG_IGN);
}

void http_prepare_process(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);
}
