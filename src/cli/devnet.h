/* `outlayer devnet start|reset|account|fast-forward|export`: the development chain by itself, without coordinator and worker.
 *
 * It lives where `outlayer up` keeps its chain, so that one goes on where the other stopped; only one of them runs at a time. */
#pragma once

int cli_devnet(int argc, char **argv);
