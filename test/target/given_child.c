/* given_child.c - looks at the handles it was started with, for test/target/given.c.
 *
 *     given-child use          reads a number from the memory `page` and signals it to `partner`, which it may not call
 *     given-child count NAME.. ends with how many of the names it has handles for
 *     given-child tree DEPTH   starts one like itself that is one less deep, out of its own budget, and stays
 *     given-child hoard        sets aside all it can, and ends with how much that was
 *     given-child told         ends with 0 if it has A=b in its environment, priority 3, and does not reach svc/process */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "idl/process_client.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/program.h"
#include "nacre/startup.h"

static int use(void)
{
	nacre_handle_t partner = nacre_startup_handle("partner"), page = nacre_startup_handle("page");
	struct nacre_words words = { 0 };
	struct nacre_area area;

	if (nacre_area_map(&area, page, 0, 1, NACRE_PROT_READ))
		return 3;
	if (nacre_connection_call(partner, &words) != NACRE_E_RIGHTS)
		return 4;
	return nacre_connection_signal(partner, *(const uint32_t *)area.base) ? 5 : 0;
}

static int count(char **names)
{
	int found = 0;

	for (; *names; names++)
		found += nacre_startup_handle(*names) != NACRE_HANDLE_NONE;
	return found;
}

/* The one that is deepest says that all are there. */
static int tree(int depth)
{
	char less[2] = { (char)('0' + depth - 1), 0 };
	const char *const argv[] = { "given-child", "tree", less, NULL };
	const struct nacre_program_handle partner = { "partner", nacre_startup_handle("partner") };
	const struct nacre_program program = { .argv = argv, .handles = &partner, .handle_count = 1, .pages = 40 + 40 * (uint32_t)depth,
					       .own_budget = true };
	nacre_handle_t init;
	uint32_t number;

	if (!depth)
		nacre_connection_signal(partner.handle, 1);
	else if (process_connect("svc/process", &init) || nacre_program_start(init, &program, &number))
		nacre_connection_signal(partner.handle, 2);
	for (;;)
		nacre_sleep_until(NACRE_DEADLINE_NEVER);
	return 0;
}

static int told(void)
{
	const char *a = getenv("A");
	nacre_handle_t init;

	return !a || !string_equal(a, "b") ? 3 : nacre_startup()->priority != 3 ? 4 : process_connect("svc/process", &init) == STATUS_OK;
}

static int hoard(void)
{
	nacre_handle_t init;
	char name[2] = "a";
	int given = 0;

	if (process_connect("svc/process", &init))
		return 100;
	for (; process_give(init, name, nacre_self_budget()) == STATUS_OK; name[0]++)
		given++;
	return given;
}

int main(int argc, char **argv)
{
	if (argc == 2 && string_equal(argv[1], "use"))
		return use();
	if (argc >= 2 && string_equal(argv[1], "count"))
		return count(argv + 2);
	if (argc == 3 && string_equal(argv[1], "tree"))
		return tree(argv[2][0] - '0');
	if (argc == 2 && string_equal(argv[1], "told"))
		return told();
	return argc == 2 && string_equal(argv[1], "hoard") ? hoard() : 2;
}
