/* What libcurl needs of the process. Private to this folder. */
#pragma once

/* Starts libcurl and makes the process ignore SIGPIPE, once. */
void http_prepare_process(void);
