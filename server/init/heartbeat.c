/* heartbeat.c - signs of life. */
#include "heartbeat.h"
#include "abi/nacre_calls.h"
#include "crash.h"
#include "dump.h"
#include "nacre/clock.h"
#include "say.h"
#include "server.h"
#include "watch.h"

enum beat { QUIET, ASKED, LATE };

/* How long init gives itself to find an answer that came in time. */
#define GRACE_NS (20 * NACRE_MS)

/* Who answers, but for so many periods has used so much of the CPU on its own account, keeps all below it from running: an
 * interrupt that it does not silence, say, comes again at once, for ever, and each time it comes back to its loop. */
enum { BUSY_PERIODS = 4, BUSY_PARTS = 7, BUSY_OF = 8 };

enum { ANSWER_PRIORITY = 20 };

nacre_err_t heartbeat_add(struct handle_list *list, const struct service *service)
{
	uint32_t priority = service->program->priority < ANSWER_PRIORITY ? service->program->priority : ANSWER_PRIORITY;
	nacre_handle_t connection;
	nacre_err_t error;

	if (!service->program->heartbeat_ms)
		return NACRE_E_OK;
	error = nacre_connection_mint(init_server.handle, service->budget, BADGE_HEARTBEAT | (uintptr_t)(service - services), 0, 0,
				      priority, &connection);
	if (error)
		return error;
	return handles_add(list, "heartbeat", 9, connection, NACRE_RIGHT_SIGNAL, true) ? NACRE_E_OK : NACRE_E_HANDLE_ROOM;
}

void heartbeat_begin(struct service *service)
{
	service->beat = QUIET;
	service->busy_ns = 0;
	service->lowered = false;
	service->beat_ns = service->program->heartbeat_ms ? nacre_deadline_in(service->program->heartbeat_ms * NACRE_MS) : 0;
}

void heartbeat_answered(uintptr_t badge)
{
	uintptr_t index = badge & BADGE_NUMBER;

	if (index < service_count && services[index].beat != QUIET) {
		watch_answered(&services[index]);
		services[index].beat = QUIET;
		services[index].beat_ns = nacre_deadline_in(services[index].program->heartbeat_ms * NACRE_MS);
	}
}

/* Is it the only one that has run lately? */
static bool is_busy(struct service *service, uint64_t now_ns)
{
	struct nacre_budget_state state;

	if (nacre_budget_info(service->budget, &state))
		return false;
	if (!service->busy_ns || (state.cpu_ns - service->busy_cpu_ns) / BUSY_PARTS < (now_ns - service->busy_ns) / BUSY_OF) {
		service->busy_ns = now_ns;
		service->busy_cpu_ns = state.cpu_ns;
	}
	return now_ns - service->busy_ns >= BUSY_PERIODS * service->program->heartbeat_ms * NACRE_MS;
}

static void end_hung(struct service *service, const char *why)
{
	const struct program *program = service->program;
	const struct crash *crash = crash_record_hang(service->process);

	say_loudly("%.*s %s and is restarted; crashes has the report", program->name_size, program->name, why);
	service->beat_ns = 0;
	service->process->crashed = true;
	service->process->cause = NACRE_CAUSE_KILLED;
	dump_and_end(service->process, crash);
}

void heartbeat_tend(struct service *service, uint64_t now_ns)
{
	if (service->state != SERVICE_RUNNING || !service->beat_ns || now_ns < service->beat_ns)
		return;
	if (service->process->debugger) { /* it may be stopped */
		service->beat = QUIET;
		service->beat_ns = now_ns + service->program->heartbeat_ms * NACRE_MS;
		return;
	}
	switch (service->beat) {
	case QUIET:
		if (is_busy(service, now_ns)) {
			end_hung(service, "lets nothing else run");
			break;
		}
		service->beat = ASKED;
		service->beat_ns = now_ns + service->program->heartbeat_ms * NACRE_MS;
		service_signal(service, INTERFACE_SIGNAL_PING);
		break;
	case ASKED:
		service->beat = LATE;
		service->beat_ns = now_ns + GRACE_NS;
		break;
	default:
		end_hung(service, "did not answer init");
	}
}
