/* again.h - a second process for tests and benchmarks that run as init: the program's own file, started once more.
 *
 *     int main(int argc, char **argv)
 *     {
 *         return nacre_startup()->boot_info ? test_main(argc, argv) : child(argv[1]);
 *     }
 *     again_start(&again, "what", connection, NACRE_RIGHT_CALL, 24);     the child finds it as the handle "given"
 *     code = again_end(&again);
 *
 * Unlike those of test/child.h it is a whole program, with all of the library; it has no output. */
#pragma once
#include "nacre/spawn.h"
#include "test/test.h"

struct again {
	nacre_handle_t budget, notices;
	struct nacre_child child;
};

void again_start(struct again *again, const char *what, nacre_handle_t given, uint32_t rights, unsigned priority);
uint32_t again_end(struct again *again);   /* waits for its end; its exit code, or 1000 + cause */
void again_kill(struct again *again);      /* in whatever state it is */
