/* builtin.c - the table of builtins, in the order in which help lists them. */
#include "base/bits.h"
#include "base/string.h"
#include "terminal.h"
#include "shell.h"

enum { ANY = WORDS_MAX };

static const struct builtin builtins[] = {
	{ "help", "help [COMMAND]", "this list, or more about one command", "", 0, 1, run_help, TAB_COMMANDS },
	{ "run", "run [-m KIB] [-p PRIORITY] PROGRAM [ARGUMENT...] [&]", "start a program; & leaves it in the background",
	  "-m gives it so much memory, -p a lower priority. A program's name alone does the same without options.\n", 1, ANY,
	  run_run, TAB_PROGRAMS },
	{ "wait", "wait [NUMBER]", "wait for programs in the background", "", 0, 1, run_wait, TAB_NOTHING },
	{ "kill", "kill NUMBER|NAME...", "end processes; a service is then restarted", "", 1, ANY, run_kill, TAB_PROCESSES },
	{ "start", "start SERVICE", "start a service that was stopped or given up", "", 1, 1, run_start, TAB_NOTHING },
	{ "stop", "stop SERVICE", "end a service, and do not start it again", "Its clients wait for the next start.\n", 1, 1, run_stop,
	  TAB_PROCESSES },
	{ "restart", "restart SERVICE", "end a service and start it at once", "", 1, 1, run_restart, TAB_PROCESSES },
	{ "replace", "replace SERVICE with PROGRAM", "run another program of the image in a service's place",
	  "It gets mailbox, budget, rights and kept state; clients go on. If it dies in its first second, the one before runs again.\n",
	  3, 3, run_replace, TAB_PROCESSES },
	{ "budget", "budget [KIB FROM TO]", "every budget as mem shows it, or move memory from one to another",
	  "FROM and TO are services, programs or machine.\n", 0, 3, run_budget, TAB_PROCESSES },
	{ "priority", "priority NUMBER|NAME PRIORITY", "set the priority of a process's threads",
	  "Not above what its manifest says.\n", 2, 2, run_priority, TAB_PROCESSES },
	{ "crashes", "crashes [NUMBER]", "how programs died: a list, or one report in full",
	  "The last eight crashes, hangs and ends of services are kept.\n", 0, 1, run_crashes, TAB_NOTHING },
	{ "ps", "ps", "processes: state, priority, CPU time, memory, whom they wait for", "", 0, 0, run_ps, TAB_NOTHING },
	{ "cpu", "cpu", "CPU time: what every budget used, and its share", "", 0, 0, run_cpu, TAB_NOTHING },
	{ "mem", "mem", "memory: every budget with its limit and what is charged to it", "", 0, 0, run_mem, TAB_NOTHING },
	{ "handles", "handles NUMBER|NAME", "what a process holds: objects and rights",
	  "Rights: D duplicate, T transfer, X destroy, I inspect, M manage, G debug, R receive, N mint, C call, S signal,\n"
	  "r read, w write, x execute, $ spend.\n", 1, 1, run_handles, TAB_PROCESSES },
	{ "names", "names", "the name space: which names are published, by whom", "", 0, 0, run_names, TAB_NOTHING },
	{ "devices", "devices", "the machine's devices, and their drivers", "", 0, 0, run_devices, TAB_NOTHING },
	{ "irq", "irq", "interrupt lines, and who has them", "", 0, 0, run_irq, TAB_NOTHING },
	{ "log", "log [-f] [-n COUNT] [-l error|warning|info|debug] [PROGRAM]", "what programs have logged",
	  "-f goes on until Ctrl-C, -n shows the last COUNT lines, -l leaves out what is less grave.\n", 0, 6, run_log,
	  TAB_PROCESSES },
	{ "uptime", "uptime", "how long the machine has run, and how it started", "", 0, 0, run_uptime, TAB_NOTHING },
	{ "date", "date [-s \"YYYY-MM-DD HH:MM:SS\"] [-z MINUTES]", "the wall clock: show it, set it (UTC), set the time zone",
	  "-z takes minutes east of UTC: 60, -300.\n", 0, 2, run_date, TAB_NOTHING },
	{ "sleep", "sleep SECONDS", "wait; 0.5 is half a second", "", 1, 1, run_sleep, TAB_NOTHING },
	{ "echo", "echo [WORD...]", "print words; $? is the last status, $NAME a variable", "", 0, ANY, run_echo, TAB_NAMES },
	{ "env", "env [NAME=VALUE...]", "the environment of programs: show it, set it, or with NAME= remove from it", "", 0, ANY,
	  run_env, TAB_VARIABLES },
	{ "version", "version", "version, machine, contract and build ID", "", 0, 0, run_version, TAB_NOTHING },
	{ "reboot", "reboot", "start the machine anew", "", 0, 0, run_reboot, TAB_NOTHING },
	{ "poweroff", "poweroff [STATUS]", "switch the machine off", "", 0, 1, run_poweroff, TAB_NOTHING },
};

const struct builtin *builtin_at(size_t n)
{
	return n < ARRAY_SIZE(builtins) ? &builtins[n] : NULL;
}

const struct builtin *builtin_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		if (string_equal(builtins[i].name, name))
			return &builtins[i];
	return NULL;
}

int builtin_misused(const char *name)
{
	const struct builtin *builtin = builtin_find(name);

	out("usage: %s\n", builtin ? builtin->usage : name);
	return STATUS_USAGE;
}
