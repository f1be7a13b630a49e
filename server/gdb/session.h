/* session.h - one gdb at the port: what it asks, and what it is told. Extended remote protocol, all-stop: when one process of its stops,
 * all that it has attached do, and nothing else.
 *
 *   STOPPED --vCont--> RUNNING --fault, end, Ctrl-C--> STOPPED       vRun: LAUNCHING --held--> STOPPED
 *
 *   I1  gdb gets one stop reply for each vCont or vRun, and none between
 *   I2  when the other end is closed nothing stays attached
 *
 * Makes no system calls: machine.h does. */
#pragma once
#include "debuggee.h"
#include "packet.h"

void session_open(void);
void session_take(const uint8_t *bytes, size_t size);
void session_hung_up(void);

/* From the machine. */
void session_fault(uint32_t badge, const struct fault *fault);
void session_gone(uint32_t badge, uint8_t cause, uint8_t code);
void session_held(void);

/* --- between session.c and query.c --- */

enum state { STATE_OF_REST, STATE_OF_RUNNING, STATE_OF_LAUNCHING };

struct session {
	struct packet_reader reader;
	struct packet out;
	bool no_ack, multiprocess, swbreak;
	enum state state;
	uint32_t process, thread;      /* that memory and registers are asked of; thread 0: the first */
	uint32_t refusal;              /* why something could not be done, the last time */
};
extern struct session session;

struct debuggee *session_debuggee(void); /* NULL: none is attached */
uint32_t session_thread(struct debuggee *debuggee);
void session_thread_id(struct debuggee *debuggee, uint32_t thread);
bool thread_id_take(struct packet_text *text, int64_t *process, int64_t *thread); /* -1: all, 0: any */
void session_send(void);        /* what was put into `out` since packet_begin */
void session_ok(void);
void session_error(void);

void query_take(struct packet_text *text);  /* behind q */
void query_set(struct packet_text *text);   /* behind Q */
