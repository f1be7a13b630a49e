/* description.c - the system description with its manifests, as init reads it at run time. */
#include "server/init/description.h"
#include "input.h"

static void program_see(const struct program *program)
{
	static const char *const keys[] = { "lookup", "publish", "device", "memory", "argument", "environment", "property", "see", "" };

	look_at(program->name, program->name_size);
	look_at(program->file, program->file ? program->file_size : 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (struct fact fact = { 0 }; fact_next(program, keys[i], &fact);)
			look_at(fact.value, fact.size);
	MUST(program_find(program->name, program->name_size));
	MUST(program->priority < 32 && program->profile < 128);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(&description, 0, sizeof(description));
	if (description_read((const char *)data, size))
		return 0;
	look_at(description.name, description.name_size);
	look_at(description.version, description.version ? description.version_size : 0);
	MUST(description.count && description.count <= PROGRAMS_MAX);
	for (size_t i = 0; i < description.count; i++)
		program_see(&description.programs[i]);
	program_default();
	return 0;
}
