/* world.h - inside the reference model: objects, handles and payment (objects.c); messages and scheduling (messages.c); calls (calls.c). */
#pragma once
#include "reference.h"

#define O(index) (&ref.objects[index])
#define EACH_OBJECT(i, wanted) \
	for (int i = 0; i < ref.object_count; i++) \
		if (O(i)->type == (wanted) && !O(i)->gone)
#define EACH_HANDLE(i) for (struct ref_handle *i = ref.handles; i < ref.handles + ref.handle_count; i++)

/* --- objects.c */
int ref_object_make(unsigned type, int payer);                 /* NONE: the payer cannot pay */
bool ref_object_part(int object, int payer, unsigned bytes);   /* one more piece; false: it cannot pay */
bool ref_object_whole(int object, int payer, long pages);
void ref_object_unmake(int object);                            /* the call that made it failed */
void ref_object_die(int object);                               /* with all that follows from it */
void ref_process_end(int process, unsigned cause, int32_t code);
void ref_thread_end(int thread);
void ref_settle(void);                                         /* what follows from what ended, until nothing changes */
bool ref_is_held(int handle);
int ref_handle_of(int process, uint32_t value);                /* NONE: it names nothing */
int ref_handle_make(int process, int object, uint32_t rights, uint32_t value);
void ref_handle_close(int handle);
int ref_handles_to(int object, uint32_t any_right);
void ref_handles_orphan(int object);
extern unsigned ref_deaths;                                    /* counts what ended */

/* --- messages.c */
#define STATE_GONE STATE_DEAD
void ref_wake(int thread);
void ref_answer(int thread, unsigned error);
void ref_answer_call(int thread, unsigned error);              /* ends its call or wait with that */
void ref_call_unlink(int thread);                              /* SERVED: nobody serves it any more */
void ref_call_end_early(int thread, unsigned error);           /* as above, and tells the server, if the call was parked */
void ref_park(int thread);
void ref_post(int object, uintptr_t bits);                     /* a notice: of a connection, interrupt or watched process */
void ref_pump(int server);                                     /* brings waiting threads and messages together */
void ref_sends_drop(int connection);
bool ref_sends_queued(int connection);
unsigned ref_deadlock(int caller, int server);
unsigned ref_futex_deadlock(int waiter, int owner);
void ref_priorities(void);
void ref_schedule(void);
int ref_root(int thread);
uint64_t ref_tick(void);
unsigned ref_transfer_errors(int from, const struct ref_message *message, unsigned accept);
unsigned ref_transfer(int from, const struct ref_message *message, int to, const uint32_t *values);
