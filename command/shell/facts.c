/* facts.c - about this boot: banner, version, uptime. */
#include "facts.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "terminal.h"
#include "idl/rng_client.h"
#include "idl/system_client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "table.h"

bool facts_read(struct system_facts *facts)
{
	return system_facts(shell.system, facts) == STATUS_OK;
}

const char *facts_entropy(const struct system_facts *facts)
{
	return facts->entropy ? "seeded by the machine" : "NONE, IDs and ASLR are predictable";
}

/* Where instructions are counted at all. */
static void out_boot(const struct system_facts *facts)
{
	char total[28], hash[28];

	if (facts->boot_instructions)
		out("boot: %s instructions to the kernel, %s of them hashing\n", number_text(total, facts->boot_instructions),
		    number_text(hash, facts->hash_instructions));
}

/* What programs cost when they are first started, because each is hashed then. */
static void out_programs(const struct system_facts *facts)
{
	char hash[24];

	out("programs: hashed in %s since then\n", seconds_text(hash, facts->hash_ns));
}

void facts_banner(void)
{
	struct system_facts facts;

	if (!facts_read(&facts))
		return;
	out("\nNacre %s  RV%lu, %lu KiB RAM\n", facts.version, (unsigned long)facts.width, (unsigned long)facts.ram_kib);
	out_boot(&facts);
	if (!facts.entropy)
		out("entropy: %s\n", facts_entropy(&facts));
	out("type help; leave with poweroff or Ctrl-A X\n");
}

int run_version(int argc, char **argv)
{
	const struct nacre_startup *startup = nacre_startup();
	const uint8_t *id = (const uint8_t *)startup->build_id;
	struct system_facts facts;

	(void)argc;
	if (!facts_read(&facts))
		return complain(argv[0], "init does not answer");
	out("Nacre %s, system %s, RV%lu\n", facts.version, facts.system, (unsigned long)facts.width);
	out("kernel contract %lu.%lu, clock %lu Hz%s\n", (unsigned long)facts.contract >> 16,
	    (unsigned long)facts.contract & 0xffff, (unsigned long)facts.timebase_hz,
	    facts.machine_clock ? ", read by programs themselves" : ", read by asking the kernel");
	out("shell build ID ");
	for (uint32_t i = 0; id && i < startup->build_id_size; i++)
		out("%02x", id[i]);
	out("\n");
	return STATUS_DONE;
}

static const char *source_text(enum rng_source source)
{
	switch (source) {
	case RNG_SOURCE_NONE:
		return "";
	case RNG_SOURCE_TESTING:
		return ", noise is being tested";
	case RNG_SOURCE_SOUND:
		return ", noise passes its tests";
	case RNG_SOURCE_FAILED:
		break;
	}
	return ", NOISE FAILED ITS TEST";
}

static void out_generator(void)
{
	struct rng_health health;
	nacre_handle_t rng;

	if (rng_connect_now("svc/rng", &rng))
		return;
	if (!rng_health(rng, &health))
		out("random numbers: %s, %s, seeded %lu times%s\n", health.seeded ? "from a real seed" : "PREDICTABLE",
		    health.test ? "self-test passed" : "SELF-TEST FAILED", (unsigned long)health.reseeds, source_text(health.source));
	nacre_handle_close(rng);
}

int run_uptime(int argc, char **argv)
{
	struct system_facts facts;
	uint64_t now_ns = nacre_clock_ns();
	uint32_t ms, seconds = (uint32_t)divide_u64(divide_u64(now_ns, 1000000, NULL), 1000, &ms);

	(void)argc;
	if (!facts_read(&facts))
		return complain(argv[0], "init does not answer");
	out("up %lu days %02lu:%02lu:%02lu.%03lu\n", (unsigned long)(seconds / 86400), (unsigned long)(seconds / 3600 % 24),
	    (unsigned long)(seconds / 60 % 60), (unsigned long)(seconds % 60), (unsigned long)ms);
	out("entropy: %s\n", facts_entropy(&facts));
	out_generator();
	out_boot(&facts);
	out_programs(&facts);
	return STATUS_DONE;
}
