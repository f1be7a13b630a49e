/* program.c - starting a program with handles: they are set aside at init one by one, then it is started. */
#include "nacre/program.h"
#include "base/string.h"
#include "idl/process_client.h"
#include "libc/lock.h"

/* Words behind one another, each with its NUL. */
struct words {
	char *text;
	size_t room, size;
	bool fits;
};

static struct __lock lock; /* of the buffers, and of what is set aside at init */
static char strings[PROCESS_STRINGS_BYTES], within[PROCESS_NARROW_BYTES];

static uint32_t words_add(struct words *words, const char *const *list)
{
	uint32_t count = 0;

	for (; list && list[count]; count++) {
		size_t size = string_length(list[count]) + 1;

		words->fits &= size <= words->room - words->size;
		if (!words->fits)
			break;
		memcpy(words->text + words->size, list[count], size);
		words->size += size;
	}
	return count;
}

static nacre_status_t give_all(nacre_handle_t init, const struct nacre_program *program)
{
	nacre_status_t status = process_give_nothing(init);

	for (size_t i = 0; !status && i < program->handle_count; i++)
		status = process_give(init, program->handles[i].name, program->handles[i].handle);
	if (status)
		process_give_nothing(init);
	return status;
}

static nacre_status_t start(nacre_handle_t init, const struct nacre_program *program, uint32_t *number)
{
	struct words given = { strings, sizeof(strings), 0, true }, narrow = { within, sizeof(within), 0, true };
	struct process_start head = {
		.pages = program->pages, .priority = program->priority, .how = program->own_budget ? PROCESS_HOW_OWN_BUDGET : 0,
	};
	nacre_status_t status;

	head.argument_count = words_add(&given, program->argv) - 1;
	head.environment_count = words_add(&given, program->envp);
	words_add(&narrow, program->within);
	if (!given.fits || !narrow.fits)
		return NACRE_E_TOO_LONG;
	status = give_all(init, program);
	return status ? status : process_start_given(init, &head, strings, given.size, within, narrow.size, program->notice, number);
}

nacre_status_t nacre_program_start(nacre_handle_t init, const struct nacre_program *program, uint32_t *number)
{
	nacre_status_t status;

	lock_take(&lock);
	status = start(init, program, number);
	lock_drop(&lock);
	return status;
}
