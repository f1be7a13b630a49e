/* kernel_sys_handle.c - handles and IDs, and what every typed handle argument of every call refuses. */
#include "unit.h"

#include "fixture.h"
#include "test/handle_errors.h"

UNIT_SETUP
{
	world_start();
}

static uintptr_t duplicate(struct program *program, handle_t handle, uint32_t rights)
{
	return CALL(program->thread, HANDLE_DUPLICATE, handle, rights);
}

static handle_t duplicated(struct program *program, handle_t handle, uint32_t rights)
{
	EXPECT_OK(duplicate(program, handle, rights));
	return (handle_t)*thread_a(program->thread, 1);
}

static uint32_t rights_of(struct program *program, handle_t handle)
{
	EXPECT_OK(CALL(program->thread, HANDLE_INFO, handle));
	return (uint32_t)*thread_a(program->thread, 2);
}

TEST(no_call, "a number that is no call is refused, whatever else is in the registers")
{
	struct program *p = program_new(10);

	EXPECT_ERROR(no_call, BAD_CALL, do_ecall(p->thread, CALL_COUNT, (uintptr_t[7]){ p->self }));
	EXPECT_ERROR(no_call, BAD_CALL, do_ecall(p->thread, 0x80000000u, (uintptr_t[7]){ 0 }));
	EXPECT_ERROR(no_call, BAD_CALL, do_ecall(p->thread, (unsigned)-1, (uintptr_t[7]){ 0 }));
	world_end();
}

TEST(version, "system_version answers the contract's version")
{
	struct program *p = program_new(10);

	EXPECT_OK(CALL(p->thread, SYSTEM_VERSION, 0));
	assert_int_equal(*thread_a(p->thread, 1), VERSION_MAJOR << 16 | VERSION_MINOR);
	world_end();
}

TEST(stale, "a closed handle stays an error although its slot is used again")
{
	struct program *p = program_new(10);
	handle_t first = duplicated(p, p->self, RIGHT_ALL), second;

	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, first));
	second = duplicated(p, p->self, RIGHT_ALL);
	assert_int_equal(first & HANDLE_INDEX_MASK, second & HANDLE_INDEX_MASK);
	assert_int_not_equal(first, second);
	EXPECT_ERROR(handle_close, BAD_HANDLE, CALL(p->thread, HANDLE_CLOSE, first));
	EXPECT_ERROR(handle_info, BAD_HANDLE, CALL(p->thread, HANDLE_INFO, first));
	EXPECT_ERROR(handle_id, BAD_HANDLE, CALL(p->thread, HANDLE_ID, first));
	EXPECT_ERROR(handle_duplicate, BAD_HANDLE, duplicate(p, first, RIGHT_ALL));
	EXPECT_ERROR(handle_close, BAD_HANDLE, CALL(p->thread, HANDLE_CLOSE, 0));
	EXPECT_ERROR(handle_info, BAD_HANDLE, CALL(p->thread, HANDLE_INFO, 0xffffffffu));
	world_end();
}

TEST(retired, "a slot at the end of its generations is never used again, and its last handle stays unique")
{
	struct program *p = program_new(10);
	handle_t handle, last = 0;

	handle_generation_set(p->process, 0xfffe);
	for (unsigned i = 0; i < 4; i++) {
		handle = duplicated(p, p->self, RIGHT_ALL);
		assert_int_not_equal(handle, last);
		EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, handle));
		EXPECT_ERROR(handle_close, BAD_HANDLE, CALL(p->thread, HANDLE_CLOSE, handle));
		if (i % 2)
			assert_int_equal(handle & HANDLE_INDEX_MASK, last & HANDLE_INDEX_MASK);
		else
			assert_int_not_equal(handle & HANDLE_INDEX_MASK, last & HANDLE_INDEX_MASK);
		last = handle;
	}
	world_end();
}

TEST(retired_all, "a table of which every free slot was retired grows by a page")
{
	struct program *p = program_new(10);
	uint32_t slots = p->process->handles.free_count, pages = p->process->handles.pages;

	handle_generation_set(p->process, 0xffff);
	for (uint32_t i = 0; i < slots; i++)
		EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, duplicated(p, p->self, RIGHT_ALL)));
	assert_int_equal(p->process->handles.free_count, 0);
	duplicated(p, p->self, RIGHT_ALL);
	assert_int_equal(p->process->handles.pages, pages + 1);
	world_end();
}

TEST(rights, "rights are dropped by duplicating, never regained")
{
	struct program *p = program_new(10);
	handle_t weak = duplicated(p, p->self, RIGHT_INSPECT | RIGHT_DUPLICATE), weaker;

	assert_int_equal(rights_of(p, p->self), RIGHT_ALL_PROCESS);
	assert_int_equal(rights_of(p, weak), RIGHT_INSPECT | RIGHT_DUPLICATE);
	assert_int_equal(rights_of(p, duplicated(p, weak, RIGHT_ALL)), RIGHT_INSPECT | RIGHT_DUPLICATE);
	weaker = duplicated(p, weak, RIGHT_INSPECT);
	EXPECT_ERROR(handle_duplicate, RIGHTS, duplicate(p, weaker, RIGHT_INSPECT));
	EXPECT_ERROR(handle_duplicate, ARGUMENT, duplicate(p, weak, 0x40));
	EXPECT_ERROR(handle_duplicate, ARGUMENT, duplicate(p, weak, 0x80000000u));
	world_end();
}

TEST(type, "handle_info answers the type of each kind of object")
{
	struct program *p = program_new(10);
	handle_t server = make_server(p);
	const handle_t handles[] = { p->self, server, connect(p, server, p, 1), make_memory(p, 1, 0), p->budget };
	const unsigned types[] = { OBJECT_PROCESS, OBJECT_SERVER, OBJECT_CONNECTION, OBJECT_MEMORY, OBJECT_BUDGET };

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_OK(CALL(p->thread, HANDLE_INFO, handles[i]));
		assert_int_equal(*thread_a(p->thread, 1), types[i]);
	}
	world_end();
}

TEST(place, "a process is given handles while it is new, and not once it has started")
{
	struct program *p = program_new(10);
	struct thread *t = p->thread;
	handle_t child, placed, server = make_server(p), no_transfer = duplicated(p, p->budget, RIGHT_ALL & ~RIGHT_TRANSFER);
	handle_t receiver = duplicated(p, server, RIGHT_RECEIVE);

	EXPECT_OK(CALL(t, PROCESS_CREATE, p->budget, p->budget));
	child = (handle_t)*thread_a(t, 1);
	EXPECT_OK(CALL(t, PROCESS_PLACE, child, p->budget, RIGHT_SPEND | RIGHT_RECEIVE));
	placed = (handle_t)*thread_a(t, 1);
	assert_int_equal(handle_entry(CONTAINER_OF(object_named(p, child), struct process, object), placed)->rights, RIGHT_SPEND);
	EXPECT_OK(CALL(t, PROCESS_PLACE, child, receiver, RIGHT_ALL)); /* a receive right, only here */
	EXPECT_ERROR(process_place, RIGHTS, CALL(t, PROCESS_PLACE, child, no_transfer, RIGHT_ALL));
	EXPECT_ERROR(process_place, ARGUMENT, CALL(t, PROCESS_PLACE, child, p->budget, 0xc0));
	EXPECT_ERROR(process_place, BAD_HANDLE, CALL(t, PROCESS_PLACE, child, 0x77777, RIGHT_ALL));
	EXPECT_ERROR(process_place, STATE, CALL(t, PROCESS_PLACE, p->self, p->budget, RIGHT_ALL));
	EXPECT_OK(CALL(t, THREAD_CREATE, child, 0x1000, 0x2000, 0, 0, 5));
	EXPECT_ERROR(process_place, STATE, CALL(t, PROCESS_PLACE, child, p->budget, RIGHT_ALL));
	world_end_hard();
}

TEST(place_payment, "a new process's table grows as far as its budget pays")
{
	struct program *p = program_new(10);
	handle_t budget = make_budget(p, 40), child;
	struct process *process;

	EXPECT_OK(CALL(p->thread, PROCESS_CREATE, p->budget, budget));
	child = (handle_t)*thread_a(p->thread, 1);
	process = CONTAINER_OF(object_named(p, child), struct process, object);
	while (process->handles.free_count)
		EXPECT_OK(CALL(p->thread, PROCESS_PLACE, child, p->budget, RIGHT_ALL));
	EXPECT_OK(CALL(p->thread, BUDGET_RESIZE, budget, process->own->account.charged + 1));
	EXPECT_ERROR(process_place, BUDGET, CALL(p->thread, PROCESS_PLACE, child, p->budget, RIGHT_ALL));
	EXPECT_OK(CALL(p->thread, BUDGET_RESIZE, budget, process->own->account.charged + 2));
	EXPECT_OK(CALL(p->thread, PROCESS_PLACE, child, p->budget, RIGHT_ALL));
	world_end();
}

TEST(place_gone, "a handle to a destroyed object cannot be placed")
{
	struct program *p = program_new(10);
	struct thread *t = p->thread;
	handle_t budget = make_budget(p, 8), child;

	EXPECT_OK(CALL(t, PROCESS_CREATE, p->budget, p->budget));
	child = (handle_t)*thread_a(t, 1);
	EXPECT_OK(CALL(t, BUDGET_DESTROY, budget));
	EXPECT_ERROR(process_place, PEER_GONE, CALL(t, PROCESS_PLACE, child, budget, RIGHT_ALL));
	world_end();
}

TEST(grow, "a table grows to thousands of handles, and shrinks to nothing with its process")
{
	struct program *p = program_new(10);

	for (unsigned i = 0; i < 2000; i++)
		duplicated(p, p->self, RIGHT_ALL);
	assert_true(p->process->handles.used >= 2000);
	assert_int_equal(p->process->handles.pages, 1 + (2000 + 3) / HANDLES_PER_PAGE);
	world_end();
}

TEST(grow_payment, "a table grows as far as the budget pays, and a refused growth costs nothing")
{
	struct program *p = program_new(10);
	size_t charged;
	uintptr_t error;

	for (uint32_t i = p->process->handles.free_count; i; i--)
		duplicated(p, p->self, RIGHT_ALL);
	charged = program_account(p)->account.charged;
	for (size_t room = 0; room < 2; room++) { /* a page of entries and the directory are needed */
		EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, charged + room));
		EXPECT_ERROR(handle_duplicate, BUDGET, duplicate(p, p->self, RIGHT_ALL));
		EXPECT_ERROR(thread_self, BUDGET, CALL(p->thread, THREAD_SELF));
	}
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, charged + 2));
	for (unsigned i = 0; i < HANDLES_PER_PAGE; i++)
		duplicated(p, p->self, RIGHT_ALL);
	error = duplicate(p, p->self, RIGHT_ALL);
	assert_int_equal(error, E_BUDGET);
	assert_int_equal(program_account(p)->account.charged, charged + 2);
	world_end();
}

TEST(full, "a table of 65,536 slots is full, for every call that makes a handle and for each that receives some")
{
	struct program *p = program_new(10);
	struct thread *t = p->thread;
	handle_t server = make_server(p), line = connect(p, server, p, 1);
	struct abi_message m = { .accept = 1 };

	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, 760));
	while (p->process->handles.used < 65535) { /* directly: 65,536 checked calls take minutes */
		assert_int_equal(handle_reserve(p->process, 1), E_OK);
		handle_add(p->process, &p->process->object, RIGHT_DUPLICATE);
	}
	duplicated(p, p->self, RIGHT_ALL);
	assert_int_equal(p->process->handles.used, 65536);
	EXPECT_ERROR(handle_duplicate, HANDLE_ROOM, duplicate(p, p->self, RIGHT_ALL));
	EXPECT_ERROR(server_create, HANDLE_ROOM, CALL(t, SERVER_CREATE, p->budget));
	EXPECT_ERROR(connection_mint, HANDLE_ROOM, CALL(t, CONNECTION_MINT, server, p->budget, 0, 0, 0, 0));
	EXPECT_ERROR(budget_create, HANDLE_ROOM, CALL(t, BUDGET_CREATE, p->budget, 1, 0));
	EXPECT_ERROR(process_create, HANDLE_ROOM, CALL(t, PROCESS_CREATE, p->budget, p->budget));
	EXPECT_ERROR(thread_create, HANDLE_ROOM, CALL(t, THREAD_CREATE, p->self, 0x1000, 0x2000, 0, 0, 5));
	EXPECT_ERROR(thread_self, HANDLE_ROOM, CALL(t, THREAD_SELF, 0));
	EXPECT_ERROR(memory_create, HANDLE_ROOM, CALL(t, MEMORY_CREATE, p->budget, 1, 0));
	EXPECT_ERROR(thread_self, HANDLE_ROOM, CALL(t, THREAD_SELF));
	EXPECT_ERROR(server_receive, HANDLE_ROOM, do_receive_until(t, server, 0, 1));
	EXPECT_ERROR(server_reply_and_receive_message, HANDLE_ROOM, do_reply_and_receive_message(t, server, 0, 0, &m, 0));
	EXPECT_ERROR(connection_call_message, HANDLE_ROOM, do_call_message(t, line, 0, &m, NEVER));
	world_end();
}

TEST(full_placed, "a full table of a new process takes no more handles")
{
	struct program *p = program_new(10);
	struct process *child;
	handle_t handle;

	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, 760));
	EXPECT_OK(CALL(p->thread, PROCESS_CREATE, p->budget, p->budget));
	handle = (handle_t)*thread_a(p->thread, 1);
	child = CONTAINER_OF(object_named(p, handle), struct process, object);
	while (child->handles.used < 65536) {
		assert_int_equal(handle_reserve(child, 1), E_OK);
		handle_add(child, &p->process->object, RIGHT_DUPLICATE);
	}
	EXPECT_ERROR(process_place, HANDLE_ROOM, CALL(p->thread, PROCESS_PLACE, handle, p->budget, RIGHT_ALL));
	EXPECT_OK(CALL(p->thread, PROCESS_KILL, handle, 0));
	world_end();
}

TEST(full_device, "a full table takes no memory or interrupt of a device")
{
	struct program *p = program_new(10);
	handle_t server = make_server(p), device = give(&boss, boss_device, p);

	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, 760));
	while (p->process->handles.used < 65536) {
		assert_int_equal(handle_reserve(p->process, 1), E_OK);
		handle_add(p->process, &p->process->object, RIGHT_DUPLICATE);
	}
	EXPECT_ERROR(device_memory, HANDLE_ROOM, CALL(p->thread, DEVICE_MEMORY, device, p->budget, 0));
	EXPECT_ERROR(device_interrupt, HANDLE_ROOM, CALL(p->thread, DEVICE_INTERRUPT, device, p->budget, 0, server, 0, 0));
	world_end();
}

TEST(grow_refused, "every call that makes a handle is refused, and changes nothing, where the table is full and cannot grow")
{
	struct program *p = program_new(10);
	struct thread *t = p->thread;
	handle_t server = make_server(p), device = give(&boss, boss_device, p), payer = give(&boss, boss.budget, p);

	while (p->process->handles.free_count)
		duplicated(p, p->self, RIGHT_ALL);
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, p->boss_budget, program_account(p)->account.charged));
	EXPECT_ERROR(handle_duplicate, BUDGET, duplicate(p, p->self, RIGHT_ALL));
	EXPECT_ERROR(server_create, BUDGET, CALL(t, SERVER_CREATE, payer));
	EXPECT_ERROR(connection_mint, BUDGET, CALL(t, CONNECTION_MINT, server, payer, 0, 1, 1, 0));
	EXPECT_ERROR(budget_create, BUDGET, CALL(t, BUDGET_CREATE, payer, 5, 0));
	EXPECT_ERROR(process_create, BUDGET, CALL(t, PROCESS_CREATE, payer, payer));
	EXPECT_ERROR(thread_create, BUDGET, CALL(t, THREAD_CREATE, p->self, 0x1000, 0x2000, 0, 0, 5));
	EXPECT_ERROR(thread_self, BUDGET, CALL(t, THREAD_SELF, 0));
	EXPECT_ERROR(memory_create, BUDGET, CALL(t, MEMORY_CREATE, payer, 5, 0));
	EXPECT_ERROR(device_memory, BUDGET, CALL(t, DEVICE_MEMORY, device, payer, 0));
	EXPECT_ERROR(device_interrupt, BUDGET, CALL(t, DEVICE_INTERRUPT, device, payer, 0, server, 0, 0));
	world_end();
}

TEST(gone_many, "an object with hundreds of handles in several processes goes from all of them")
{
	struct program *p = program_new(10), *q = program_new(10);
	handle_t budget = make_budget(p, 8), handles[200];

	for (unsigned i = 0; i < 200; i++)
		handles[i] = i % 2 ? give(p, budget, q) : duplicated(p, budget, RIGHT_ALL);
	host_preempt_every(1);
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, budget));
	for (unsigned i = 0; i < 200; i++) {
		struct program *who = i % 2 ? q : p;

		assert_int_equal(CALL(who->thread, HANDLE_INFO, handles[i]), E_PEER_GONE);
		EXPECT_OK(CALL(who->thread, HANDLE_CLOSE, handles[i]));
	}
	world_end();
}

TEST(gone, "all handles to a destroyed object answer PEER_GONE, and can be closed")
{
	struct program *p = program_new(10);
	handle_t budget = make_budget(p, 8), copy = duplicated(p, budget, RIGHT_ALL), inner;

	EXPECT_OK(CALL(p->thread, SERVER_CREATE, budget));
	inner = (handle_t)*thread_a(p->thread, 1);
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, budget));
	EXPECT_ERROR(handle_info, PEER_GONE, CALL(p->thread, HANDLE_INFO, copy));
	EXPECT_ERROR(handle_id, PEER_GONE, CALL(p->thread, HANDLE_ID, inner));
	EXPECT_ERROR(handle_duplicate, PEER_GONE, duplicate(p, inner, RIGHT_ALL));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, budget));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, copy));
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, inner));
	EXPECT_ERROR(handle_close, BAD_HANDLE, CALL(p->thread, HANDLE_CLOSE, inner));
	world_end();
}

struct id {
	uintptr_t word[4];
};

static struct id id_of(struct program *program, handle_t handle)
{
	struct id id;

	EXPECT_OK(CALL(program->thread, HANDLE_ID, handle));
	memcpy(id.word, thread_a(program->thread, 1), sizeof id.word);
	return id;
}

TEST(id, "an ID is the same through every handle of every process, and every object has its own")
{
	struct program *p = program_new(10), *q = program_new(10);
	struct id ids[40];

	ids[0] = id_of(p, p->self);
	assert_memory_equal(&ids[0], &(struct id[]){ id_of(q, give(p, p->self, q)) }, sizeof ids[0]);
	for (unsigned i = 1; i < ARRAY_SIZE(ids); i++) {
		handle_t server = make_server(p);

		ids[i] = id_of(p, server);
		EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, server)); /* the next may lie where this one lay */
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(&ids[i], &ids[j], sizeof ids[i]);
		assert_true(ids[i].word[0] <= UINT32_MAX && ids[i].word[3] <= UINT32_MAX);
	}
	world_end();
}

TEST(close_ends, "closing the last handle to an object returns its pages before the call is done")
{
	struct program *p = program_new(10);
	size_t charged = program_account(p)->account.charged;
	handle_t memory = make_memory(p, 40, 0);

	assert_true(program_account(p)->account.charged >= charged + 40);
	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, memory));
	assert_int_equal(program_account(p)->account.charged, charged);
	world_end();
}

/* --- The table of all typed handle arguments. */

static handle_t good[OBJECT_TYPE_COUNT], gone[OBJECT_TYPE_COUNT];

static handle_t result(struct program *p)
{
	return (handle_t)*thread_a(p->thread, 1);
}

/* One of each type on a budget that can be destroyed: that makes them all gone. A device is gone when the test says so. */
static void each_type_make(struct program *p, handle_t payer, handle_t budget_handle, handle_t handles[OBJECT_TYPE_COUNT])
{
	struct thread *t = p->thread;

	EXPECT_OK(CALL(t, PROCESS_CREATE, payer, payer));
	handles[OBJECT_PROCESS] = result(p);
	EXPECT_OK(CALL(t, THREAD_CREATE, handles[OBJECT_PROCESS], 0x1000, 0x2000, 0, 0, 1));
	handles[OBJECT_THREAD] = result(p);
	EXPECT_OK(CALL(t, SERVER_CREATE, payer));
	handles[OBJECT_SERVER] = result(p);
	EXPECT_OK(CALL(t, CONNECTION_MINT, handles[OBJECT_SERVER], payer, 0, 0, 0, 0));
	handles[OBJECT_CONNECTION] = result(p);
	EXPECT_OK(CALL(t, MEMORY_CREATE, payer, 1, 0));
	handles[OBJECT_MEMORY] = result(p);
	handles[OBJECT_BUDGET] = budget_handle;
}

static void interrupt_make(struct program *p, handle_t payer, unsigned line, handle_t handles[OBJECT_TYPE_COUNT])
{
	EXPECT_OK(CALL(p->thread, DEVICE_INTERRUPT, handles[OBJECT_DEVICE], payer, line, handles[OBJECT_SERVER], 0, 0));
	handles[OBJECT_INTERRUPT] = result(p);
}

static void all_make(struct program *p)
{
	handle_t end = make_budget(p, 40);
	struct object *device;

	gone[OBJECT_DEVICE] = give(&boss, boss_device, p);
	good[OBJECT_DEVICE] = give(&boss, boss_device, p);
	each_type_make(p, p->budget, p->budget, good);
	each_type_make(p, end, end, gone);
	interrupt_make(p, p->budget, 0, good);
	interrupt_make(p, end, 1, gone);
	EXPECT_OK(CALL(p->thread, BUDGET_DESTROY, end));
	device = object_alloc(&machine_budget, OBJECT_DEVICE, sizeof(struct device)); /* there is no call that makes one */
	list_init(&CONTAINER_OF(device, struct device, object)->pins);
	assert_int_equal(handle_reserve(p->process, 1), E_OK);
	gone[OBJECT_DEVICE] = handle_add(p->process, device, RIGHT_ALL_DEVICE);
	object_destroy(device);
	pass_ns(1);
	thread_runs(p->thread);
}

/* In a message call the registers that no argument fills are scrambled: handles are looked at first. */
static uintptr_t provoke(struct program *p, const struct call_handles *row, unsigned place, handle_t bad)
{
	uintptr_t a[7] = { 0 };

	for (unsigned i = 0; i < place; i++)
		a[row->handles[i].slot] = good[row->handles[i].type];
	a[row->handles[place].slot] = bad;
	return do_ecall(p->thread, row->number, a);
}

static void expect(struct program *p, const struct call_handles *row, unsigned place, handle_t bad, err_t wanted)
{
	struct counters before = counters_read();

	expect_result(provoke(p, row, place, bad), wanted, row->name, __FILE__, __LINE__);
	expect_unchanged(&before, row->name, __FILE__, __LINE__);
}

static void rights_provoke(struct program *p, const struct call_handles *row, unsigned place)
{
	uint32_t rights = row->handles[place].rights;

	for (unsigned bit = 0; bit < 32; bit++) {
		if (!(rights >> bit & 1))
			continue;
		handle_t lacking = duplicated(p, good[row->handles[place].type], RIGHT_ALL & ~(1u << bit));

		expect(p, row, place, lacking, E_RIGHTS);
		EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, lacking));
	}
}

static void handle_errors_provoke(struct program *p, const struct call_handles *table, size_t rows)
{
	handle_t closed = duplicated(p, p->self, RIGHT_ALL);

	EXPECT_OK(CALL(p->thread, HANDLE_CLOSE, closed));
	for (const struct call_handles *row = table; row < table + rows; row++)
		for (unsigned place = 0; place < row->handle_count; place++) {
			unsigned type = row->handles[place].type;

			expect(p, row, place, 0, E_BAD_HANDLE);
			expect(p, row, place, closed, E_BAD_HANDLE);
			expect(p, row, place, good[type == OBJECT_BUDGET ? OBJECT_SERVER : OBJECT_BUDGET], E_WRONG_TYPE);
			expect(p, row, place, gone[type], E_PEER_GONE);
			rights_provoke(p, row, place);
		}
}
#define EXPECT_HANDLE_ERRORS(table) handle_errors_provoke(p, table, ARRAY_SIZE(table))

TEST(handle_errors, "every typed handle argument of every call refuses what is closed, of another type, destroyed, or lacks a right")
{
	struct program *p = program_new(10);

	all_make(p);
	EXPECT_HANDLE_ERRORS(call_table);
	world_end_hard();
}
