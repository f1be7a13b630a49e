/* object.h - what all eight kinds of kernel object share: identity, handles, payer, and how they end.
 *
 *              references reach 0, or object_destroy
 *   LIVE ------------------------------------------> on the reap queue --steps--> freed
 *
 * Ending is work of a length nobody bounds (a process has many pages), so it is never done where it is caused. The cause
 * marks the object dead in constant time; the reaper (thread/reaper.h) then takes it apart in bounded steps and in the
 * order of the queue, never by recursion. Whoever asked for the end waits for it, and lends it its priority.
 *
 *   I1  references = handles + what the object's own header lists (mappings, children, ...)
 *   I2  a dead object's handles answer E_PEER_GONE; when it is freed no handle names it
 *   I3  payer->objects lists every object that the budget pays for
 *   I4  a serial is never used twice
 * A process is special: it can end (have its contents taken apart) and still be an object with an exit record. */
#pragma once
#include "base/list.h"
#include "memory/account.h"

struct budget;
struct handle_entry;

struct object {
	union {
		struct {
			uint8_t type;   /* OBJECT_... */
			bool dead;      /* destroyed: nothing new may start with it */
		};
		uint16_t live_type;     /* its type while it is not dead, then another number */
	};
	bool queued;            /* on the reap queue */
	uint8_t reap_priority;  /* queued: how urgent its end is */
	uint32_t references;
	struct list *waiters;   /* threads that wait for its end; thread/reaper.c */
	uint64_t serial;
	struct list handles;    /* struct handle_entry.link */
	struct list payer_link; /* in payer->objects */
	struct list reap_link;
	struct budget *payer;
};

/* What differs by type. Each is filled in by the type's own file; the table is the only way upward. */
struct object_type {
	void (*mark)(struct object *object);  /* constant time: after it nothing of the object runs or is called */
	bool (*step)(struct object *object);  /* one bounded step of taking apart; true: nothing left but the header */
	void (*handle_added)(struct object *object, uint32_t rights);
	void (*handle_removed)(struct object *object, uint32_t rights);
};
extern const struct object_type *object_types[9]; /* by OBJECT_..., 0 unused; filled in by boot */

/* Allocates and starts an object of `size` bytes, paid by `payer`; NULL: it cannot pay. references is 0. */
void *object_alloc(struct budget *payer, unsigned type, size_t size) must_use;
void object_init(struct object *object, struct budget *payer, unsigned type); /* for the static ones of boot */
void object_cancel(struct object *object);  /* undoes object_alloc before anything refers to it */

static inline void object_hold(struct object *object)
{
	object->references++;
}
void object_release(struct object *object); /* the last release queues it for the reaper */
void object_destroy(struct object *object); /* marks and queues; twice is harmless */
bool object_step(struct object *object);    /* the reaper's: true when freed (or, for a process, at rest) */
void object_enqueue(struct object *object); /* onto the reap queue */

/* Public 128-bit ID: a keyed permutation of the serial, worked out only when asked. */
void object_id(const struct object *object, uint32_t id[4]);
void object_id_key(const uint8_t key[32]);
void object_check(const struct object *object); /* what all objects share; each type has its own besides */
