/* ring.pml - a ring (lib/ring) with a writer and a reader that run in any order, on harts whose stores come late.
 *
 * Each inline stands for the function of lib/ring that has its name, step by step; one step of the model is one access of
 * the shared memory. The buffer has 4 bytes, counts go modulo 8 as they go modulo 2^32 there; a byte's value is the count
 * at which it was written, so a byte of the lap before, or of the one behind, is told from the right one. Each side reads
 * or writes 1 or 2 bytes at a time, wants 1 or 2 when it sleeps, and may stop for good between any two of that.
 *
 * Memory: each side's stores wait where only it sees them, and reach the other in any order, at any time, but that
 *   a release (nacre_ring_advance) waits for all before it, and a fence until none is left.
 * A signal goes past them: it reaches the other's mailbox at once, stays there until it is received, and two are one.
 * Loads are not late in the model; that they are not out of order is what acquire is for in ring.c.
 *
 * What must hold:
 *   ORDER    each byte that is read is the next one that was written        assert in nacre_ring_try_read
 *   KEPT     no byte is overwritten that has not been read                  assert in nacre_ring_try_write
 *   COUNTS   0 <= written - read <= size, as each side sees it (I1)         assert in look
 *   WOKEN    when nothing can happen any more, nobody sleeps while what he wants is there: no wake-up is lost
 *                                                                           assert in watch
 *   ONE      when nothing can happen any more, not both sleep (I5)          assert in watch
 *   ENDS     nobody is stuck anywhere but asleep or stopped                 spin: invalid end states
 *
 * Words that break it, each of which tool/test/part_model.py gives to spin and expects an error for:
 *   NO_ADVANCE_FENCE, NO_ARM_FENCE, NO_SIGNAL_FENCE, NO_LOOK_AGAIN (WOKEN), NO_RELEASE (ORDER), TOO_FULL (KEPT),
 *   WANT_ALL (ONE), NO_SIGNAL (WOKEN) */

#define SIZE   4
#define COUNTS 8

#define WRITER 0
#define READER 1

/* Places in the shared memory: a count and a `wants` of each side, then the bytes. */
#define COUNT(side) (side)
#define WANTS(side) (2 + (side))
#define BYTE(at)    (4 + (at) % SIZE)
#define PLACES      (4 + SIZE)

byte memory[PLACES];
byte late[2 * PLACES];     /* stores on their way, by side and place */
bool is_late[2 * PLACES];
byte lates[2];             /* how many there are */

bool rung[2];              /* a signal in the mailbox */
bool asleep[2];
byte sleeps_for[2];

byte count[2];             /* the private counts: truth, for the assertions */

#define there  ((count[WRITER] + COUNTS - count[READER]) % COUNTS)
#define enough(side) (side == READER && there >= sleeps_for[READER] || side == WRITER && SIZE - there >= sleeps_for[WRITER])

inline store(side, place, value)
{
	atomic {
		lates[side] = lates[side] + (is_late[side * PLACES + place] -> 0 : 1);
		late[side * PLACES + place] = value;
		is_late[side * PLACES + place] = true;
	}
}

/* A side sees its own stores at once. */
inline load(side, place, value)
{
	value = (is_late[side * PLACES + place] -> late[side * PLACES + place] : memory[place]);
}

#define fence(side) lates[side] == 0

proctype stores(byte side)
{
	byte place;

end:	do
	:: atomic {
		lates[side] > 0 ->
		select(place : 0 .. PLACES - 1);
		if
		:: is_late[side * PLACES + place] ->
			memory[place] = late[side * PLACES + place];
			late[side * PLACES + place] = 0;
			is_late[side * PLACES + place] = false;
			lates[side]--
		:: else
		fi;
		place = 0
	   }
	od
}

/* nacre_ring_free and nacre_ring_there: the other's count, read once and checked. */
inline look(side, amount)
{
	atomic {
		load(side, COUNT(1 - side), amount);
		amount = (side == WRITER -> (count[WRITER] + COUNTS - amount) % COUNTS : (amount + COUNTS - count[READER]) % COUNTS);
		assert(amount <= SIZE);
		amount = (side == WRITER -> SIZE - amount : amount)
	}
#ifdef TOO_FULL
	if
	:: side == WRITER -> amount++
	:: else
	fi
#endif
}

inline nacre_ring_wake(side)
{
	rung[1 - side] = true
}

inline nacre_ring_advance(side, amount)
{
#ifndef NO_RELEASE
	fence(side);
#endif
	atomic {
		count[side] = (count[side] + amount) % COUNTS;
		store(side, COUNT(side), count[side])
	}
#ifndef NO_ADVANCE_FENCE
	fence(side);
#endif
	load(side, WANTS(1 - side), wants);
	if
	:: wants > 0 ->
		/* amount_for_other */
		atomic {
			load(side, COUNT(1 - side), other);
			other = (side == WRITER -> (count[WRITER] + COUNTS - other) % COUNTS
			                        : SIZE - (other + COUNTS - count[READER]) % COUNTS)
		}
		if
		:: other >= wants ->
			store(side, WANTS(1 - side), 0);
#ifndef NO_SIGNAL_FENCE
			fence(side);
#endif
#ifndef NO_SIGNAL
			nacre_ring_wake(side)
#endif
		:: else
		fi
	:: else
	fi;
	atomic { wants = 0; other = 0 }
}

/* Until rung. Deadlines are not in the model: one would hide a lost wake-up. */
inline nacre_ring_sleep(side, least)
{
	atomic { asleep[side] = true; sleeps_for[side] = least }
end_asleep:
	atomic { rung[side] -> rung[side] = false; asleep[side] = false; sleeps_for[side] = 0 }
}

/* nacre_ring_wait, with nacre_ring_arm in it. */
inline nacre_ring_wait(side, least)
{
	do
	:: look(side, amount);
		if
		:: amount >= least -> break
		:: else
		fi;
		store(side, WANTS(side), least);
#ifndef NO_ARM_FENCE
		fence(side);
#endif
#ifndef NO_LOOK_AGAIN
		look(side, amount);
#endif
		if
		:: amount >= least ->
			store(side, WANTS(side), 0);
			break
		:: else
		fi;
		nacre_ring_sleep(side, least);
		store(side, WANTS(side), 0)
	od
}

inline nacre_ring_try_write(side)
{
	at = 0;
	do
	:: at < size && at < amount ->
		atomic {
			assert((count[WRITER] + at + COUNTS - count[READER]) % COUNTS < SIZE);
			store(side, BYTE(count[WRITER] + at), (count[WRITER] + at) % COUNTS);
			at++
		}
	:: else -> break
	od;
	nacre_ring_advance(side, at)
}

inline nacre_ring_try_read(side)
{
	at = 0;
	do
	:: at < size && at < amount ->
		atomic {
			assert(memory[BYTE(count[READER] + at)] == (count[READER] + at) % COUNTS);
			at++
		}
	:: else -> break
	od;
	nacre_ring_advance(side, at)
}

#ifdef WANT_ALL
#define MOST SIZE
#else
#define MOST (SIZE / 2)
#endif

proctype writer()
{
	byte amount, wants, other, size, at, least;

	do
	:: select(least : 1 .. MOST);
		select(size : 1 .. 2);
		nacre_ring_wait(WRITER, least);
		nacre_ring_try_write(WRITER);
		atomic { amount = 0; size = 0; at = 0; least = 0 }
	:: break
	od
}

proctype reader()
{
	byte amount, wants, other, size, at, least;

	do
	:: select(least : 1 .. MOST);
		select(size : 1 .. 2);
		nacre_ring_wait(READER, least);
		nacre_ring_try_read(READER);
		atomic { amount = 0; size = 0; at = 0; least = 0 }
	:: break
	od
}

proctype watch()
{
	timeout ->
	assert(!asleep[READER] || !enough(READER));
	assert(!asleep[WRITER] || !enough(WRITER));
	assert(!asleep[READER] || !asleep[WRITER])
}

init
{
	atomic {
		run stores(WRITER);
		run stores(READER);
		run writer();
		run reader();
		run watch()
	}
}
