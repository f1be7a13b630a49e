/* depend.c - services that depend on others: started anew with them, or told. Each line of the manifest is "restart NAME"
 * or "tell NAME"; the n-th that is told of has the n-th bit. */
#include "base/string.h"
#include "idl/interface.h"
#include "say.h"
#include "service.h"

static bool names(const struct fact *fact, const char *how, const struct program *program)
{
	size_t size = string_length(how);

	return fact->size == size + 1 + program->name_size && !memcmp(fact->value, how, size) && fact->value[size] == ' ' &&
	       !memcmp(fact->value + size + 1, program->name, program->name_size);
}

static bool is_told(const struct fact *fact)
{
	return fact->size > 5 && !memcmp(fact->value, "tell ", 5);
}

static void tell(struct service *dependant, const struct program *program)
{
	uint32_t bit = INTERFACE_SIGNAL_DEPENDS;
	struct fact fact = { 0 };

	while (fact_next(dependant->program, "depends", &fact)) {
		if (names(&fact, "tell", program))
			service_signal(dependant, bit);
		else if (names(&fact, "restart", program) && dependant->state == SERVICE_RUNNING) {
			say(LOG_WARNING, "%.*s depends on %.*s and is restarted", dependant->program->name_size, dependant->program->name,
			    program->name_size, program->name);
			service_renew(dependant);
		}
		if (is_told(&fact))
			bit <<= 1;
	}
}

void service_tell_dependants(const struct service *service)
{
	for (size_t i = 0; i < service_count; i++)
		tell(&services[i], service->program);
}
