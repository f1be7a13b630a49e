/* call.pml - the life of a call: two clients that may lend a page, and two servers that answer, park, forward, answer twice,
 * stop answering and die, with deadlines and deaths at any moment.
 *
 * Each inline stands for the function of kernel/ that has its name. The kernel is entered once at a time, so one system call, one
 * deadline and one step of taking apart are each one step of the model. Client c has one thread and one page. Server s has one
 * thread and a window of two slots. Whether init keeps the right to receive at a mailbox, and so starts a dead server anew, or
 * the mailbox goes with its server, is chosen at first. A server remembers each token it was given, and where that call's page
 * appeared, and may use both at any time later: touch, reply and forward do so with old ones, too.
 *
 * Bounds: one client with 2 calls to either server, with or without deadline and loan, which may die; one with a plain call to the
 * first; the first server remembers 2 tokens, forwards to the second, and may be started anew once; the second remembers 1; 1 page a
 * loan; no copies that are interrupted. Within them the search is exhaustive. Not in the model: the short ways (kernel/ipc/fast.h), sends, faults, several
 * threads at one server.
 *
 * What must hold:
 *   ONCE     a call gets exactly one answer: none comes to who does not wait      assert in answered
 *   OWN      a reply reaches the call whose token it was given, no later one      assert in reply_give
 *   WAITS    when nothing can happen any more, who still waits does so in the queue of a mailbox that lives, or for a server
 *            that lives: nobody waits for ever on the dead                        assert in watch
 *   TAKEN    no mailbox has both a queue and a server that waits: no wake-up is lost
 *                                                                                assert in look
 *   WRITER   a page is writable by one process at a time                          assert in look
 *   HOME     a page is away only while its owner waits for the answer; it comes home, or dies with its owner
 *                                                                                assert in answered, look, watch
 *   PLACE    what a server finds where a call's page appeared is that page or a stand-in, never another call's page
 *                                                                                assert in touch
 *   ENDS     nobody is stuck                                                      spin: invalid end states
 *
 * Words that break it, each of which tool/test/part_model.py gives to spin and expects an error for:
 *   NO_TOKEN_NEXT (OWN), NO_UNQUEUE (ONCE), NO_CANCEL_PARKED, NO_PARK_AT_END, NO_DROP_QUEUED (WAITS), NO_LOOK_FOR_WAITING (TAKEN),
 *   NO_DEPART, NO_REVOKE_AT_BORROWER (WRITER), NO_RETURN (HOME), NO_REVOKE (HOME), RELEASE_AT_REVOKE (PLACE) */

#define CLIENTS 2
#define SERVERS 2
#define SLOTS   2
#define HELD    2
#define CALLS   2
#define TOKENS  8          /* more than calls and forwards can use up: a token never comes back, as it hardly does there */
#define NOBODY  255

#define READY   0
#define CALLING 1
#define SERVED  2
#define DEAD    3

#define RUNNING 0
#define ENDING  1          /* no more system calls; its thread is still there */
#define PARKED  2          /* its thread has ended, calls that it parked have not */
#define HANDLES 3          /* its right to receive goes */
#define WINDOW  4
#define ENDED   5

/* What an entry of a page table leads to. */
#define NOTHING 0
#define ZEROS   1
#define READS(client)  (2 + (client))
#define WRITES(client) (4 + (client))

byte state[CLIENTS];
byte mailbox[CLIENTS];         /* CALLING: queued at */
byte server_thread[CLIENTS];   /* SERVED: who serves it, or NOBODY: parked, and then */
byte taker[CLIENTS];
byte token[CLIENTS];
bool lent[CLIENTS];            /* a loan */
bool writable[CLIENTS];
byte borrower[CLIENTS];        /* or NOBODY: in transit */
byte slot[CLIENTS];
byte home[CLIENTS];            /* the client's own entry for its page */
bool impatient[CLIENTS];       /* its call has a deadline */
byte calls[CLIENTS];
bool open[CLIENTS];            /* truth, for the assertions: it waits for an answer */

byte phase[SERVERS];
bool waits[SERVERS];           /* receives, and nothing has come */
byte serving[SERVERS];
bool silent[SERVERS];          /* does nothing any more, and lives */
bool kept[SERVERS];            /* init has a right to receive at its mailbox, too */
bool mailbox_dead[SERVERS];
bool restarted[SERVERS];
bool mortal;                   /* servers die in this run */
byte queued[SERVERS];

#define AT(server, n) ((server) * 2 + (n))
byte entry[SERVERS * SLOTS];
bool taken[SERVERS * SLOTS];   /* the slot is some loan's */
bool revoked[SERVERS * SLOTS];
byte slot_client[SERVERS * SLOTS];
byte slot_token[SERVERS * SLOTS];

bool held[SERVERS * HELD];     /* what the server remembers */
byte held_client[SERVERS * HELD];
byte held_token[SERVERS * HELD];
byte held_call[SERVERS * HELD];/* truth: which call of that client it was */
byte held_slot[SERVERS * HELD];

byte i, k;                     /* of the steps, which nothing comes between */

/* --- truth */

inline look()
{
	for (i : 0 .. CLIENTS - 1) {
		k = (home[i] == WRITES(i) -> 1 : 0) + (entry[0] == WRITES(i) -> 1 : 0) + (entry[1] == WRITES(i) -> 1 : 0) +
		    (entry[2] == WRITES(i) -> 1 : 0) + (entry[3] == WRITES(i) -> 1 : 0);
		assert(k <= 1 /* WRITER */);
		assert(state[i] == CALLING || state[i] == SERVED || state[i] == DEAD || home[i] == WRITES(i) /* HOME */)
	}
	for (i : 0 .. SERVERS - 1) {
		assert(!waits[i] || queued[i] == 0 /* TAKEN */)
	}
	i = 0;
	k = 0
}

inline answered(c)
{
	assert(open[c] /* ONCE */);
	open[c] = false;
	state[c] = READY
}

/* --- loans */

inline window_slot_release(s, n)
{
	taken[AT(s, n)] = false;
	revoked[AT(s, n)] = false;
	slot_client[AT(s, n)] = 0;
	slot_token[AT(s, n)] = 0
}

inline window_take(s, c)
{
	slot[c] = (taken[AT(s, 0)] -> 1 : 0);
	assert(!taken[AT(s, slot[c])]);
	taken[AT(s, slot[c])] = true;
	slot_client[AT(s, slot[c])] = c;
	slot_token[AT(s, slot[c])] = token[c]
}

inline window_let_go(s, c, t)
{
	for (k : 0 .. SLOTS - 1) {
		if
		:: taken[AT(s, k)] && revoked[AT(s, k)] && slot_client[AT(s, k)] == c && slot_token[AT(s, k)] == t ->
			entry[AT(s, k)] = NOTHING;
			window_slot_release(s, k)
		:: else
		fi
	}
	k = 0
}

#define has_room(s) (!taken[AT(s, 0)] || !taken[AT(s, 1)])

inline borrower_set(c, value)
{
	entry[AT(borrower[c], slot[c])] = value
}

inline lender_restore(c)
{
	home[c] = WRITES(c);
	lent[c] = false;
	writable[c] = false;
	borrower[c] = NOBODY;
	slot[c] = 0
}

inline loan_arrive(c, s)
{
	borrower[c] = s;
	window_take(s, c);
	k = (writable[c] -> WRITES(c) : READS(c));
	borrower_set(c, k);
	k = 0
}

inline loan_make(c, s)
{
	home[c] = (writable[c] -> NOTHING : READS(c));
	loan_arrive(c, s)
}

inline loan_depart(c)
{
	if
	:: lent[c] && borrower[c] != NOBODY ->
#ifndef NO_DEPART
		borrower_set(c, NOTHING);
		window_slot_release(borrower[c], slot[c]);
#endif
		borrower[c] = NOBODY
	:: else
	fi
}

inline loan_return(c)
{
	if
	:: lent[c] ->
		if
		:: borrower[c] != NOBODY ->
			borrower_set(c, NOTHING);
			window_slot_release(borrower[c], slot[c])
		:: else
		fi;
#ifndef NO_RETURN
		lender_restore(c)
#endif
	:: else
	fi
}

inline loan_revoke(c)
{
	if
	:: lent[c] ->
		if
		:: borrower[c] != NOBODY ->
#ifndef NO_REVOKE_AT_BORROWER
			borrower_set(c, ZEROS);
#endif
#ifdef RELEASE_AT_REVOKE
			window_slot_release(borrower[c], slot[c])
#else
			revoked[AT(borrower[c], slot[c])] = true
#endif
		:: else
		fi;
		lender_restore(c)
	:: else
	fi
}

/* --- calls */

inline thread_token_next(c)
{
#ifndef NO_TOKEN_NEXT
	assert(token[c] + 1 < TOKENS);
	token[c]++
#else
	skip
#endif
}

inline mailbox_unqueue(c)
{
#ifndef NO_UNQUEUE
	queued[mailbox[c]]--
#else
	skip
#endif
}

inline served_unlink(c)
{
	if
	:: server_thread[c] != NOBODY -> serving[server_thread[c]] = NOBODY
	:: else
	fi;
	server_thread[c] = NOBODY;
	taker[c] = NOBODY
}

inline caller_reset(c)
{
	impatient[c] = false;
	thread_token_next(c)
}

inline call_finish(c)
{
	loan_return(c);
	served_unlink(c);
	caller_reset(c)
}

inline call_park(s)
{
	if
	:: serving[s] != NOBODY ->
		taker[serving[s]] = s;
		server_thread[serving[s]] = NOBODY;
		serving[s] = NOBODY
	:: else
	fi
}

inline call_leave(c)
{
	if
	:: state[c] == CALLING ->
		mailbox_unqueue(c);
		loan_return(c) /* one in transit */
	:: else ->
#ifndef NO_REVOKE
		loan_revoke(c);
#endif
		served_unlink(c)
	fi;
	caller_reset(c)
}

inline call_cancel(c)
{
	call_leave(c);
	answered(c)
}

/* Checks, then effect; what is refused is told to the caller (call_cancel, or it did not wait yet). */
inline call_take(s, c)
{
	waits[s] = false;
	if
	:: lent[c] && home[c] == WRITES(c) -> loan_make(c, s)
	:: lent[c] && home[c] != WRITES(c) -> loan_arrive(c, s)
	:: else
	fi;
	state[c] = SERVED;
	server_thread[c] = s;
	taker[c] = NOBODY;
	serving[s] = c;
	if /* remembered by the program; a place is free, or it would not receive */
	:: !held[AT(s, 0)] -> k = AT(s, 0)
	:: else -> k = AT(s, 1)
	fi;
	held[k] = true;
	held_client[k] = c;
	held_token[k] = token[c];
	held_call[k] = calls[c];
	held_slot[k] = (lent[c] -> slot[c] : NOBODY);
	k = 0
}

inline call_enqueue(c, s)
{
	state[c] = CALLING;
	mailbox[c] = s;
	queued[s]++
}

#ifdef NO_LOOK_FOR_WAITING
#define mailbox_waiting(s) false
#else
#define mailbox_waiting(s) waits[s]
#endif

inline call_start(c, s)
{
	open[c] = true;
	calls[c]++;
	if
	:: mailbox_dead[s] || (mailbox_waiting(s) && lent[c] && !has_room(s)) -> /* PEER_GONE, WINDOW_FULL: at once */
		lent[c] = false;
		writable[c] = false;
		impatient[c] = false;
		answered(c)
	:: else ->
		if
		:: mailbox_waiting(s) -> call_take(s, c)
		:: else -> call_enqueue(c, s)
		fi
	fi
}

/* --- servers */

#define first_queued(s) (state[0] == CALLING && mailbox[0] == s -> 0 : 1)
#ifdef NO_UNQUEUE
#undef first_queued
#define first_queued(s) (mailbox[0] == s && calls[0] > 0 -> 0 : 1)
#endif

inline take_queued(s, c)
{
	queued[s]--;
	if
	:: lent[c] && !has_room(s) ->
		queued[s]++;
		call_cancel(c)
	:: else -> call_take(s, c)
	fi
}

inline receive_next(s)
{
	call_park(s);
	do
	:: queued[s] > 0 && serving[s] == NOBODY -> i = first_queued(s); take_queued(s, i); i = 0
	:: else -> break
	od;
	waits[s] = (serving[s] == NOBODY)
}

/* A token is good if its caller still waits, and for this process. */
#define reply_caller(s, n) (state[held_client[n]] == SERVED && token[held_client[n]] == held_token[n] && \
	(server_thread[held_client[n]] == s || (server_thread[held_client[n]] == NOBODY && taker[held_client[n]] == s)))

inline forget(n)
{
	held[n] = false;
	held_client[n] = 0;
	held_token[n] = 0;
	held_call[n] = 0;
	held_slot[n] = 0
}

inline reply_give(s, n)
{
	if
	:: reply_caller(s, n) ->
		assert(calls[held_client[n]] == held_call[n] /* OWN */);
		call_finish(held_client[n]);
		answered(held_client[n])
	:: else ->
		window_let_go(s, held_client[n], held_token[n])
	fi
}

inline forward_mark(s, c)
{
	loan_depart(c);
	if
	:: server_thread[c] != NOBODY -> call_park(s)
	:: else
	fi;
	taker[c] = NOBODY;
	thread_token_next(c)
}

inline reply_forward(s, n, to)
{
	if
	:: reply_caller(s, n) && !mailbox_dead[to] && (!lent[held_client[n]] || !mailbox_waiting(to) || has_room(to)) ->
		forward_mark(s, held_client[n]);
		if
		:: mailbox_waiting(to) -> call_take(to, held_client[n])
		:: else -> call_enqueue(held_client[n], to)
		fi
	:: else ->
		window_let_go(s, held_client[n], held_token[n])
	fi
}

/* The program uses the address where that call's page appeared. */
inline touch(s, n)
{
	k = AT(s, held_slot[n]);
	assert(entry[k] == NOTHING || entry[k] == ZEROS || entry[k] == READS(held_client[n]) || entry[k] == WRITES(held_client[n]) /* PLACE */);
	assert(entry[k] < 2 || (taken[k] && slot_token[k] == held_token[n]) /* PLACE */);
	k = 0
}

/* --- ends */

inline thread_unwait_all(s)
{
#ifndef NO_PARK_AT_END
	call_park(s);
#endif
	waits[s] = false
}

/* One thread, or one caller of it. */
inline process_threads_step(s)
{
	if
	:: phase[s] == ENDING -> thread_unwait_all(s); phase[s] = PARKED
	:: else ->
		i = (state[0] == SERVED && server_thread[0] == NOBODY && taker[0] == s -> 0 :
		    (state[1] == SERVED && server_thread[1] == NOBODY && taker[1] == s -> 1 : NOBODY));
#ifdef NO_CANCEL_PARKED
		i = NOBODY;
#endif
		if
		:: i != NOBODY -> call_cancel(i)
		:: else -> phase[s] = HANDLES
		fi;
		i = 0
	fi
}

inline server_mark(s)
{
	mailbox_dead[s] = !kept[s]
}

inline window_step(s)
{
	for (k : 0 .. SLOTS - 1) {
		entry[AT(s, k)] = NOTHING;
		window_slot_release(s, k)
	}
	k = 0
}

inline server_step(s)
{
	i = first_queued(s);
	call_cancel(i);
	i = 0
}

inline program_forget(s)
{
	forget(AT(s, 0));
	forget(AT(s, 1))
}

inline process_end(s)
{
	phase[s] = ENDING;
	silent[s] = false;
	program_forget(s)
}

inline call_timeout(c)
{
	call_cancel(c)
}

inline thread_end(c)
{
	if
	:: state[c] != READY -> call_leave(c); open[c] = false
	:: else
	fi;
	state[c] = DEAD;
	home[c] = NOTHING
}

/* --- who acts */

proctype client(byte c)
{
	byte to;

end:	do
	:: atomic {
		state[c] == READY && calls[c] < CALLS - c ->
		if
		:: to = 0
		:: c == 0 -> to = 1
		fi;
		if
		:: c == 0 -> impatient[c] = true
		:: skip
		fi;
		if
		:: c == 0 -> lent[c] = true
		:: c == 0 -> lent[c] = true; writable[c] = true
		:: skip
		fi;
		call_start(c, to);
		to = 0;
		look()
	   }
	:: atomic { (state[c] == CALLING || state[c] == SERVED) && impatient[c] -> call_timeout(c); look() }
	:: atomic { c == 0 && state[c] != DEAD -> thread_end(c); look() }
	od
}

#define can_run(s) (phase[s] == RUNNING && !waits[s] && !silent[s])

proctype server(byte s)
{
	byte n;

end:	do
	:: atomic { can_run(s) && !held[AT(s, 0)] || can_run(s) && s == 0 && !held[AT(s, 1)] -> receive_next(s); look() }
	:: atomic {
		can_run(s) && (held[AT(s, 0)] || held[AT(s, 1)]) ->
		n = AT(s, 0);
		if
		:: held[AT(s, 0)]
		:: held[AT(s, 1)] -> n = AT(s, 1)
		fi;
		if
		:: held_slot[n] != NOBODY -> touch(s, n)
		:: s == 0 -> reply_forward(s, n, 1); k = 1
		:: reply_give(s, n); k = 1
		fi;
		held_slot[n] = (k == 1 -> NOBODY : held_slot[n]); /* it answered, or knows that it cannot: the pages are no longer its */
		k = 0;
		if /* it may use the token again */
		:: window_let_go(s, held_client[n], held_token[n]); forget(n)
		:: skip
		fi;
		n = 0;
		look()
	   }
	:: atomic { can_run(s) && s == 1 -> silent[s] = true }
	:: atomic { mortal && phase[s] == RUNNING -> process_end(s) }
	:: atomic { phase[s] == ENDING || phase[s] == PARKED -> process_threads_step(s); look() }
	:: atomic { phase[s] == HANDLES -> server_mark(s); phase[s] = WINDOW }
#ifndef NO_DROP_QUEUED
	:: atomic { mailbox_dead[s] && queued[s] > 0 -> server_step(s); look() }
#endif
	:: atomic { phase[s] == WINDOW -> window_step(s); phase[s] = ENDED; look() }
	:: atomic { phase[s] == ENDED && kept[s] && !restarted[s] -> program_forget(s); phase[s] = RUNNING; restarted[s] = true }
	od
}

#define serves(c) (server_thread[c] != NOBODY -> server_thread[c] : taker[c])

proctype watch()
{
	timeout ->
	atomic {
		for (i : 0 .. CLIENTS - 1) {
			assert(!open[i] || state[i] == CALLING || state[i] == SERVED /* WAITS */);
			assert(state[i] != CALLING || !mailbox_dead[mailbox[i]] /* WAITS */);
			assert(state[i] != SERVED || phase[serves(i)] == RUNNING /* WAITS */);
			assert(lent[i] == (home[i] != WRITES(i)) || state[i] == CALLING || state[i] == DEAD /* HOME */)
		}
		i = 0
	}
}

init
{
	atomic {
		for (i : 0 .. CLIENTS - 1) {
			home[i] = WRITES(i);
			server_thread[i] = NOBODY;
			taker[i] = NOBODY;
			borrower[i] = NOBODY
		}
		for (i : 0 .. SERVERS - 1) {
			serving[i] = NOBODY;
			if
			:: i == 0 -> kept[i] = true
			:: skip
			fi
		}
		if
		:: mortal = true
		:: skip
		fi;
		i = 0;
		run client(0);
		run client(1);
		run server(0);
		run server(1);
		run watch()
	}
}
