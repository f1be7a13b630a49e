/* inherit.pml - priority inheritance: four threads that call, receive, answer, park, wait for futexes that others own, give up at
 * deadlines, and die, in any order.
 *
 * Each inline stands for the function of kernel/ that has its name. One system call, deadline or death is one step, because the kernel
 * is entered once at a time; any thread that is ready may take the next one, whatever its priority, which is more than the scheduler
 * allows. Threads 0 and 1 attend a mailbox each, alone, from the first receive on. Thread t begins with priority t, so that the most
 * urgent wait for the least urgent.
 *
 * Bounds: 4 threads, 2 mailboxes, all in one process where futexes are concerned; chains of up to 4 links, so that the limit of 16 is
 * not met. Within them the search is exhaustive. Not in the model: several attendants of one mailbox, the short ways
 * (kernel/ipc/fast.h), forwarding, budgets' ceilings.
 *
 * What must hold after every step:
 *   RIGHT   a thread's priority is the highest of its own and of those of all who wait for it, directly or by others: no less, so
 *           that who waits is not held up; no more, so that inheritance ends with what it was for         assert in look
 *   RING    nobody waits for itself by others: such a wait is refused before it begins                    assert in look
 *   LIVE    nobody counts on a dead thread                                                                assert in look
 *   ENDS    nobody is stuck                                                                               spin: invalid end states
 *
 * Words that break it: NO_PASS_ON, NO_UPDATE_AT_ANSWER, NO_UPDATE_AT_PARK, NO_UPDATE_AT_LEAVE, NO_RAISE, NO_LOWER (RIGHT),
 *   NO_PROBE (RING), NO_RELEASE (LIVE) */

#define THREADS 4
#define NOBODY  255

#define READY     0
#define CALLING   1
#define SERVED    2
#define RECEIVING 3
#define FUTEX     4
#define DEAD      5

byte state[THREADS];
byte runs_at[THREADS];
byte at[THREADS];              /* CALLING: the mailbox */
byte server_thread[THREADS];   /* SERVED; NOBODY: parked */
byte serving[THREADS];
byte owner[THREADS];           /* FUTEX */
bool attends[THREADS];
byte raised[2];

byte i, j, top, now, links, next;
bool refused;
bool waits_for[THREADS * THREADS]; /* of look */

#define MOST(value) top = (value > top -> value : top)

/* --- truth: t waits for u, closed over all between */

inline look()
{
	for (i : 0 .. THREADS - 1) {
		for (j : 0 .. THREADS - 1) {
			waits_for[i * THREADS + j] = (state[i] == SERVED && server_thread[i] == j ||
				state[i] == CALLING && at[i] == j && attends[j] || state[i] == FUTEX && owner[i] == j)
		}
	}
	for (next : 0 .. THREADS - 1) {
		for (i : 0 .. THREADS - 1) {
			for (j : 0 .. THREADS - 1) {
				waits_for[i * THREADS + j] = waits_for[i * THREADS + j] ||
					waits_for[i * THREADS + next] && waits_for[next * THREADS + j]
			}
		}
	}
	for (j : 0 .. THREADS - 1) {
		top = j;
		for (i : 0 .. THREADS - 1) {
			if
			:: waits_for[i * THREADS + j] -> MOST(i)
			:: else
			fi
		}
		assert(state[j] == DEAD || runs_at[j] == top /* RIGHT */);
		assert(!waits_for[j * THREADS + j] /* RING */);
		assert(state[j] != FUTEX || owner[j] == NOBODY || state[owner[j]] != DEAD /* LIVE */);
		assert(state[j] != SERVED || server_thread[j] == NOBODY || state[server_thread[j]] != DEAD /* LIVE */)
	}
	for (i : 0 .. THREADS * THREADS - 1) {
		waits_for[i] = false
	}
	i = 0;
	j = 0;
	top = 0;
	next = 0
}

/* --- kernel/thread/inherit.c */

inline effective_priority(t)
{
	top = t;
	for (j : 0 .. THREADS - 1) {
		if
		:: state[j] == SERVED && server_thread[j] == t || state[j] == CALLING && at[j] == t && raised[at[j]] == t ||
		   state[j] == FUTEX && owner[j] == t -> MOST(runs_at[j])
		:: else
		fi
	}
	j = 0
}

inline pass_on(t)
{
	if
	:: state[t] == CALLING -> next = raised[at[t]]
	:: state[t] == SERVED -> next = server_thread[t]
	:: state[t] == FUTEX -> next = owner[t]
	:: else -> next = NOBODY
	fi
}

inline inherit_update(t)
{
	now = t;
	do
	:: now == NOBODY || links > THREADS -> break
	:: else ->
		effective_priority(now);
		if
		:: top == runs_at[now] -> break
#ifdef NO_LOWER
		:: top < runs_at[now] -> break
#endif
		:: else
		fi;
		runs_at[now] = top;
		pass_on(now);
		links++;
#ifdef NO_PASS_ON
		next = NOBODY;
#endif
		now = next
	od;
	links = 0;
	now = 0;
	next = 0;
	top = 0
}

inline mailbox_top(m)
{
	next = (state[0] == CALLING && at[0] == m || state[1] == CALLING && at[1] == m ||
	        state[2] == CALLING && at[2] == m || state[3] == CALLING && at[3] == m -> m : NOBODY)
}

inline inherit_mailbox(m)
{
	mailbox_top(m);
	raised[m] = (attends[m] && state[m] != DEAD -> next : NOBODY);
	next = 0;
	inherit_update(m)
}

inline waits_for_whom(t)
{
	next = (state[t] == CALLING && attends[at[t]] -> at[t] : (state[t] == SERVED -> server_thread[t] : (state[t] == FUTEX -> owner[t] : NOBODY)))
}

inline probe(t, to)
{
	refused = false;
	next = to;
	do
	:: next == NOBODY -> break
	:: next != NOBODY && next == t ->
#ifndef NO_PROBE
		refused = true;
#endif
		break
	:: else -> now = next; waits_for_whom(now)
	od;
	next = 0;
	now = 0
}

/* --- calls */

inline serve(s, c)
{
	state[c] = SERVED;
	server_thread[c] = s;
	serving[s] = c;
	inherit_update(s)
}

inline call_enqueue(c, m)
{
	now = (attends[m] -> m : NOBODY);
	probe(c, now);
	if
	:: refused
	:: else ->
		state[c] = CALLING;
		at[c] = m;
#ifndef NO_RAISE
		inherit_mailbox(m)
#endif
	fi;
	refused = false
}

inline mailbox_unqueue(c)
{
	state[c] = READY; /* it is in the queue no more */
	inherit_mailbox(at[c])
}

inline served_unlink(c)
{
	state[c] = READY;
	i = server_thread[c];
	server_thread[c] = NOBODY;
	if
	:: i != NOBODY ->
		serving[i] = NOBODY;
#ifndef NO_UPDATE_AT_ANSWER
		inherit_update(i)
#endif
	:: else
	fi;
	i = 0
}

inline call_park(s)
{
	if
	:: serving[s] != NOBODY ->
		server_thread[serving[s]] = NOBODY;
		serving[s] = NOBODY;
#ifndef NO_UPDATE_AT_PARK
		inherit_update(s)
#endif
	:: else
	fi
}

inline mailbox_attend(s)
{
	if
	:: !attends[s] -> attends[s] = true; inherit_mailbox(s)
	:: else
	fi
}

inline take_queued(s)
{
	i = THREADS;
	for (j : 0 .. THREADS - 1) {
		if
		:: state[j] == CALLING && at[j] == s && (i == THREADS || runs_at[j] > runs_at[i]) -> i = j
		:: else
		fi
	}
	j = 0;
	if
	:: i < THREADS ->
		mailbox_unqueue(i);
		serve(s, i)
	:: else -> state[s] = RECEIVING
	fi;
	i = 0
}

/* --- futexes */

inline futex_block(t, o)
{
	state[t] = FUTEX;
	owner[t] = o;
	if
	:: o != NOBODY -> inherit_update(o)
	:: else
	fi
}

inline futex_leave(t)
{
	state[t] = READY;
	i = owner[t];
	owner[t] = NOBODY;
	if
#ifndef NO_UPDATE_AT_LEAVE
	:: i != NOBODY -> inherit_update(i)
#endif
	:: else
	fi;
	i = 0
}

inline owned_release(t)
{
	for (j : 0 .. THREADS - 1) {
		if
		:: state[j] == FUTEX && owner[j] == t -> owner[j] = NOBODY
		:: else
		fi
	}
	j = 0
}

/* --- ends: also what a deadline does */

inline thread_unwait_all(t)
{
	if
	:: state[t] == CALLING -> mailbox_unqueue(t)
	:: state[t] == SERVED -> served_unlink(t)
	:: state[t] == FUTEX -> futex_leave(t)
	:: else -> state[t] = READY
	fi
}

inline mailbox_unattend(t)
{
	attends[t] = false;
	raised[t] = NOBODY;
	inherit_update(t)
}

inline thread_end(t)
{
	call_park(t);
	thread_unwait_all(t);
	if
	:: t < 2 && attends[t] -> mailbox_unattend(t)
	:: else
	fi;
#ifndef NO_RELEASE
	owned_release(t);
#endif
	state[t] = DEAD;
	runs_at[t] = 0
}

proctype thread(byte t)
{
	byte other;

end:	do
	:: d_step { t < 2 && state[t] == READY -> call_park(t); mailbox_attend(t); take_queued(t); look() }
	:: d_step { t < 2 && state[t] == READY && serving[t] != NOBODY -> now = serving[t]; other = now; now = 0; served_unlink(other); other = 0; look() }
	:: atomic {
		state[t] == READY ->
		select(other : 0 .. 1);
		d_step {
			if
			:: other == t || state[other] == DEAD
			:: other != t && state[other] == RECEIVING -> state[other] = READY; serve(other, t)
			:: else -> call_enqueue(t, other)
			fi;
			other = 0;
			look()
		}
	   }
	:: atomic {
		state[t] == READY ->
		select(other : 0 .. 3);
		d_step {
			if
			:: other == t || state[other] == DEAD -> futex_block(t, NOBODY)
			:: else ->
				probe(t, other);
				if
				:: refused
				:: else -> futex_block(t, other)
				fi;
				refused = false
			fi;
			other = 0;
			look()
		}
	   }
	:: d_step { state[t] != READY && state[t] != DEAD -> thread_unwait_all(t); look() }
	:: d_step { state[t] != DEAD -> thread_end(t); look() }
	od
}

init
{
	atomic {
		for (i : 0 .. THREADS - 1) {
			runs_at[i] = i;
			server_thread[i] = NOBODY;
			serving[i] = NOBODY;
			owner[i] = NOBODY
		}
		raised[0] = NOBODY;
		raised[1] = NOBODY;
		i = 0;
		run thread(0);
		run thread(1);
		run thread(2);
		run thread(3)
	}
}
