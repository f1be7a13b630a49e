/* tell.h - what init tells the servers that need to know what only init knows: names its names and name spaces, rng
 * its seed, log what processes are called. Told anew to every successor of one that died. */
#pragma once
#include <abi/nacre_abi.h>
#include "service.h"

/* A process of the service has just been started: publishes its names, and tells it what it needs to know. */
void tell_service(const struct service *service);

/* A process of the service is about to be started. */
void tell_beforehand(const struct service *service);

/* The connection of a service to what the keeper keeps for it; it pays. */
nacre_err_t tell_keeper_connection(const struct service *service, nacre_handle_t *connection);

/* --- tell_names.c --- */

/* The names that init itself publishes, as numbers of its publish badges; further ones are interrupt lines. */
enum { NAME_PROCESS, NAME_SYSTEM, NAME_IRQ };

/* Lists all names there are; once, when description and machine are known. */
void tell_names_collect(void);

/* Everything; the names of one service. */
void tell_names_all(void);
void tell_names_of(const struct service *service);

/* Init's own connection to names as a client, which sees all devices. The caller closes it. */
nacre_err_t tell_names_connection(nacre_handle_t *connection);

/* A process's connection to names; it pays. */
nacre_err_t tell_process_names(const struct process *process, nacre_handle_t *connection);

/* Tells names what a process is narrowed to (process->within); that it has ended, where that matters to names. */
nacre_status_t tell_names_narrow(const struct process *process);
void tell_names_gone(const struct process *process);

/* The publish connection of a process for one of its manifest's names (counted). */
nacre_err_t tell_process_publish(const struct process *process, const char *path, size_t size, nacre_handle_t *connection);
