/* main.c - the story of boot: check the image, prepare the hart, place the kernel, hand over. */
#include "base/parse.h"
#include "boot/boot.h"

/* The image may lie in RAM and is now known to be whole: nothing may be put on it. */
static void image_keep(struct boot *boot)
{
	ram_mark(&boot->ram, (uintptr_t)image_start, boot->image.archive.end);
}

static void deadline_set(struct boot *boot)
{
	const struct archive_file *options = &boot->image.options;
	const char *text = (const char *)options->content;
	struct option found;
	uint64_t ns;

	if (!option_find(text, options->size, "deadline", &found))
		return;
	if (boot->machine.is_supervisor)
		fail(&boot->machine, "the boot option deadline needs boot in M-mode, where other firmware is; leave it out");
	if (!parse_number(found.value, found.size, &ns))
		fail(&boot->machine, "the boot option deadline=%.*s is not a number of nanoseconds; correct the options",
		     (int)found.size, found.value);
	if (!timer_deadline_set(&boot->machine, ns))
		fail(&boot->machine, "the boot option deadline needs a CLINT, and the device tree names none; leave it out");
}

/* The hart and its timer are whose M-mode is. */
static void machine_prepare(struct boot *boot)
{
	struct machine *m = &boot->machine;

	if (!m->is_supervisor)
		timer_find(&m->timer, &boot->tree, m->hart);
	deadline_set(boot);
	if (!m->is_supervisor)
		hart_prepare(boot);
}

void boot_main(struct boot *boot)
{
	struct machine *m = &boot->machine;
	struct handover handover;

	image_check(boot);
	image_keep(boot);
	machine_prepare(boot);
	handover_plan(&handover, boot);
	kernel_plan(boot);
	handover_write(&handover, boot);
	kernel_load(boot);
	if (m->is_supervisor)
		kernel_enter_beside(m->hart, boot->tree_copy.start, boot->kernel_data.start, boot->kernel_entry);
	timer_program(&m->timer);
	kernel_enter(m->hart, boot->tree_copy.start, boot->kernel_data.start, boot->kernel_entry);
}
