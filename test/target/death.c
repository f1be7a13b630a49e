/* death.c - every kind of message, with either side dying at every stage of it.
 *
 * Two processes are told by this one what to do (through the control server), until they have reached the stage:
 *
 *     QUEUED      the call waits, its server does not receive
 *     TAKEN       the server works on it
 *     PARKED      the server has received again; it will answer later
 *     FORWARDED   the server handed it on to another, where it waits
 *
 * Then one of them dies, or both, or the connection between them is destroyed. The survivor must see what the contract
 * says, all memory must be where it belongs, and every page and handle must come back. */
#include "nacre/area.h"
#include "nacre/clock.h"
#include "test/alone.h"
#include "test/child_code.h"
#include "test/count.h"

TEST_ALONE;

enum stage { QUEUED, TAKEN, PARKED, FORWARDED, STAGES };
enum victim { CLIENT, SERVER, BOTH, CONNECTION, VICTIMS };

enum {
	OPCODE = 5, BADGE = 3, BADGE_CLIENT = 1, BADGE_SERVER = 2,
	GIVEN = 7, CHANGED = 8,          /* what the lent page holds, and what a borrower writes */
	COPY_BYTES = 3000,
	PAGES = 24,                      /* of each budget */
	KILLED = 5,                      /* exit codes */
	EXIT_STALE = 60, EXIT_VALID = 61, EXIT_CANCELLED = 62, EXIT_ODD = 63, EXIT_PAGE_LOST = 98, EXIT_CALLED = 100,
};

/* --- what the processes do --------------------------------------------------------------------------------- */

/* Calls, and ends with the error that came back. */
CHILD static void call_and_exit(const struct nacre_words *plan, struct nacre_message *message)
{
	struct nacre_words words;
	nacre_err_t error;

	words_clear(&words, OPCODE);
	error = nacre_connection_call_message((nacre_handle_t)plan->word[0], &words, NACRE_DEADLINE_NEVER, message, NULL);
	nacre_process_exit(EXIT_CALLED + error);
}

CHILD static void client_words(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_message message;

	plan_ask(control, &plan);
	message_clear(&message);
	call_and_exit(&plan, &message);
}

CHILD static void client_copy(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_message message;

	plan_ask(control, &plan);
	message_clear(&message);
	message.in_count = message.out_count = 1;
	message.in[0].base = plan.word[1];
	message.in[0].size = COPY_BYTES;
	message.out[0].base = plan.word[1] + 4096;
	message.out[0].size = COPY_BYTES;
	call_and_exit(&plan, &message);
}

CHILD static void client_handles(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_message message;

	plan_ask(control, &plan);
	message_clear(&message);
	message.handle_count = 2;
	message.send[0] = message.send[1] = (uint32_t)plan.word[2];
	message.accept = 2;
	call_and_exit(&plan, &message);
}

CHILD static void client_move(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_message message;

	plan_ask(control, &plan);
	message_clear(&message);
	message.pages = NACRE_PAGES_MOVE;
	message.page_base = plan.word[2];
	call_and_exit(&plan, &message);
}

/* The page is back afterwards, whatever happened: it can be read and written, and holds what it should. */
CHILD static void lend_and_exit(uintptr_t control, unsigned how)
{
	struct nacre_words plan, words;
	struct nacre_message message;
	volatile uint8_t *page;
	nacre_err_t error;

	plan_ask(control, &plan);
	page = (volatile uint8_t *)plan.word[1];
	*page = GIVEN;
	message_clear(&message);
	message.pages = how;
	message.page_base = plan.word[1];
	message.page_count = 2;
	words_clear(&words, OPCODE);
	error = nacre_connection_call_message((nacre_handle_t)plan.word[0], &words, NACRE_DEADLINE_NEVER, &message, NULL);
	if (*page != GIVEN && !(how == NACRE_PAGES_LEND_MUT && *page == CHANGED))
		nacre_process_exit(EXIT_PAGE_LOST);
	page[4096] = 1;
	nacre_process_exit(EXIT_CALLED + error);
}

CHILD static void client_lend(uintptr_t control)
{
	lend_and_exit(control, NACRE_PAGES_LEND);
}

CHILD static void client_lend_mut(uintptr_t control)
{
	lend_and_exit(control, NACRE_PAGES_LEND_MUT);
}

/* A borrower may touch what it borrowed as long as it keeps the token, whatever has become of the lender. */
CHILD static void loan_touch(const struct nacre_received *in)
{
	volatile uint8_t *page = (volatile uint8_t *)in->loan_base;

	if (!in->loan_pages)
		return;
	(void)page[0];
	(void)page[4096];
	if (in->info & NACRE_INFO_LOAN_WRITABLE)
		page[0] = CHANGED;
}

CHILD static void receive_first(const struct nacre_words *plan, struct nacre_received *in)
{
	struct nacre_message message;

	received_clear(in);
	message_clear(&message);
	message.accept = 4;
	nacre_thread_buffer_set((void *)plan->word[1], 4096);
	if (nacre_server_receive((nacre_handle_t)plan->word[0], NACRE_DEADLINE_NEVER, &message, in))
		nacre_process_exit(EXIT_ODD);
	loan_touch(in);
}

/* Tells that the stage is reached, and waits to be told to look around. */
CHILD static void stage_tell(uintptr_t control)
{
	struct nacre_words words;

	words_clear(&words, 2);
	nacre_connection_call((nacre_handle_t)control, &words);
}

CHILD static void server_queued(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	stage_tell(control);
	nacre_process_exit(EXIT_STALE);
}

CHILD static void server_taken(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_received in;

	plan_ask(control, &plan);
	receive_first(&plan, &in);
	stage_tell(control);
	loan_touch(&in);
	nacre_process_exit(nacre_server_token_check(in.token) ? EXIT_STALE : EXIT_VALID);
}

CHILD static void server_parked(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_received in, next;

	plan_ask(control, &plan);
	receive_first(&plan, &in);
	received_clear(&next);
	if (nacre_server_receive((nacre_handle_t)plan.word[0], NACRE_DEADLINE_NEVER, NULL, &next))
		nacre_process_exit(EXIT_ODD);
	loan_touch(&in);
	if ((next.info & NACRE_INFO_KIND) != NACRE_KIND_SIGNAL || !(next.words.word[0] & NACRE_SIGNAL_CANCELLED) ||
	    next.badge != BADGE || !nacre_server_token_check(in.token))
		nacre_process_exit(EXIT_ODD);
	nacre_process_exit(EXIT_CANCELLED);
}

CHILD static void server_forwarded(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_received in;

	plan_ask(control, &plan);
	receive_first(&plan, &in);
	if (nacre_server_forward((nacre_handle_t)plan.word[2], &in.words, in.token))
		nacre_process_exit(EXIT_ODD);
	stage_tell(control);
	nacre_process_exit(nacre_server_token_check(in.token) ? EXIT_STALE : EXIT_VALID);
}

/* --- the play ---------------------------------------------------------------------------------------------- */

struct play {
	struct child client, server;
	struct pair pair, second, control;   /* control.connection is the client's, with the server's beside it */
	nacre_handle_t server_control;
	nacre_token_t stage_token;           /* of the server that told of its stage */
	bool client_ended, server_ended;
};

static void let_run(void)
{
	static uint32_t never;

	EXPECT_EQ(nacre_futex_wait(&never, 0, 0, nacre_deadline_in(5 * NACRE_MS)), NACRE_E_TIMEOUT);
}

/* Memory of the child's own budget: a handle there, or two pages mapped. */
static nacre_handle_t memory_give(struct child *child)
{
	nacre_handle_t memory, placed;

	EXPECT_OK(nacre_memory_create(child->budget, 2, NACRE_MEMORY_PRIVATE, &memory));
	placed = child_give(child, memory, NACRE_RIGHT_ALL);
	EXPECT_OK(nacre_handle_close(memory));
	return placed;
}

static uintptr_t room_give(struct child *child)
{
	nacre_handle_t memory;
	uintptr_t base = 0;

	EXPECT_OK(nacre_memory_create(child->budget, 2, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_OK(nacre_map_add(child->process, 0, memory, 0, 2, NACRE_PROT_WRITE, &base));
	EXPECT_OK(nacre_handle_close(memory));
	return base;
}

static struct nacre_words client_make(struct play *play, void (*run)(uintptr_t))
{
	struct nacre_words plan = { 0 };

	child_make(&play->client, PAGES);
	plan.word[0] = child_give(&play->client, play->pair.connection, NACRE_RIGHT_CALL);
	plan.word[1] = room_give(&play->client);
	plan.word[2] = memory_give(&play->client);
	child_start(&play->client, run, child_give(&play->client, play->control.connection, NACRE_RIGHT_CALL), 15);
	return plan;
}

static struct nacre_words server_make(struct play *play, enum stage stage)
{
	static void (*const runs[STAGES])(uintptr_t) = { server_queued, server_taken, server_parked, server_forwarded };
	struct nacre_words plan = { 0 };

	child_make(&play->server, PAGES);
	EXPECT_OK(nacre_process_window_create(play->server.process));
	plan.word[0] = child_give(&play->server, play->pair.server, NACRE_RIGHT_RECEIVE);
	plan.word[1] = room_give(&play->server);
	plan.word[2] = child_give(&play->server, play->second.connection, NACRE_RIGHT_CALL);
	child_start(&play->server, runs[stage], child_give(&play->server, play->server_control, NACRE_RIGHT_CALL), 15);
	return plan;
}

static unsigned state_of(const struct child *child)
{
	struct nacre_thread_state state = { 0 };

	return nacre_process_thread(child->process, 0, &state) ? NACRE_STATE_DEAD : state.state;
}

static void wait_for_state(const struct child *child, unsigned wanted)
{
	for (unsigned i = 0; i < 200 && state_of(child) != wanted; i++)
		let_run();
	EXPECT_EQ(state_of(child), wanted);
}

/* Tells both their plans and waits until the server says that it is where it should be. */
static void stage_reach(struct play *play, const struct nacre_words *client, const struct nacre_words *server, enum stage stage)
{
	unsigned wanted = stage == PARKED ? 2 : 3;
	struct nacre_received in = { 0 };

	for (unsigned i = 0; i < wanted; i++) {
		EXPECT_OK(nacre_server_receive(play->control.server, nacre_deadline_in(NACRE_S), NULL, &in));
		if (in.words.opcode == 1)
			EXPECT_OK(nacre_server_reply(in.badge == BADGE_CLIENT ? client : server, in.token, NULL));
		else
			play->stage_token = in.token;
	}
	wait_for_state(&play->client, stage == QUEUED || stage == FORWARDED ? NACRE_STATE_CALLING : NACRE_STATE_SERVED);
	if (stage == PARKED)
		wait_for_state(&play->server, NACRE_STATE_RECEIVING);
}

static void play_begin(struct play *play, void (*client)(uintptr_t), enum stage stage)
{
	struct nacre_words client_plan, server_plan;

	*play = (struct play){ .pair = pair_make(BADGE, 0, 1), .second = pair_make(BADGE + 1, 0, 1),
			       .control = pair_make(BADGE_CLIENT, 0, 0) };
	EXPECT_OK(nacre_connection_mint(play->control.server, self_budget(), BADGE_SERVER, 0, 0, 0, &play->server_control));
	client_plan = client_make(play, client);
	server_plan = server_make(play, stage);
	stage_reach(play, &client_plan, &server_plan, stage);
}

static void play_end(struct play *play)
{
	child_destroy(&play->client);
	child_destroy(&play->server);
	EXPECT_OK(nacre_handle_close(play->server_control));
	pair_close(&play->pair);
	pair_close(&play->second);
	pair_close(&play->control);
}

/* --- what is seen ------------------------------------------------------------------------------------------ */

static uint32_t exit_code(const struct child *child)
{
	struct nacre_exit_record record = { 0 };
	struct nacre_received in = { 0 };

	EXPECT_OK(nacre_server_receive(child->server, nacre_deadline_in(NACRE_S), NULL, &in));
	EXPECT_OK(nacre_process_status(child->process, &record));
	return (uint32_t)record.code;
}

/* This process takes a server's place, with buffer, window and room for handles. */
static void answer_as_successor(nacre_handle_t server, bool forwarded)
{
	static char buffer[4096];
	struct nacre_message message = { .accept = 4 };
	struct nacre_received in = { 0 };

	EXPECT_OK(nacre_thread_buffer_set(buffer, sizeof buffer));
	EXPECT_OK(nacre_server_receive(server, nacre_deadline_in(NACRE_S), &message, &in));
	EXPECT_EQ(info_kind(&in), NACRE_KIND_CALL);
	EXPECT_EQ(in.words.opcode, OPCODE);
	EXPECT_EQ(in.badge, forwarded ? BADGE + 1 : BADGE);
	EXPECT_EQ(!!(in.info & NACRE_INFO_FORWARDED), forwarded);
	if (in.loan_pages)
		EXPECT_EQ(*(volatile uint8_t *)in.loan_base, in.info & NACRE_INFO_LOAN_WRITABLE && forwarded ? CHANGED : GIVEN);
	EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, in.token, NULL));
	for (unsigned i = 0; i < 4; i++)
		if (message.received[i])
			EXPECT_OK(nacre_handle_close(message.received[i]));
	EXPECT_OK(nacre_thread_buffer_set(NULL, 0));
}

static void expect_nobody_waits(nacre_handle_t server)
{
	struct nacre_received in = { 0 };

	EXPECT_EQ(nacre_server_receive(server, NACRE_DEADLINE_NOW, NULL, &in), NACRE_E_TIMEOUT);
}

static void server_survives(struct play *play, enum stage stage)
{
	if (stage == QUEUED)
		expect_nobody_waits(play->pair.server);
	if (stage == FORWARDED)
		expect_nobody_waits(play->second.server);
	if (stage != PARKED)
		EXPECT_OK(nacre_server_reply(&(struct nacre_words){ 0 }, play->stage_token, NULL));
	EXPECT_EQ(exit_code(&play->server), stage == PARKED ? EXIT_CANCELLED : EXIT_STALE);
}

static void client_survives(struct play *play, enum stage stage)
{
	bool waits_on = stage == QUEUED || stage == FORWARDED; /* a server outlives its process */

	if (waits_on)
		answer_as_successor(stage == QUEUED ? play->pair.server : play->second.server, stage == FORWARDED);
	EXPECT_EQ(exit_code(&play->client), EXIT_CALLED + (waits_on ? NACRE_E_OK : NACRE_E_PEER_GONE));
}

static void kill(struct child *child)
{
	EXPECT_OK(nacre_process_kill(child->process, KILLED));
}

static void act(struct play *play, enum stage stage, enum victim victim)
{
	switch (victim) {
	case CLIENT:
		kill(&play->client);
		EXPECT_EQ(exit_code(&play->client), KILLED);
		server_survives(play, stage);
		break;
	case SERVER:
		kill(&play->server);
		EXPECT_EQ(exit_code(&play->server), KILLED);
		client_survives(play, stage);
		break;
	case BOTH:
		kill(&play->client);
		kill(&play->server);
		EXPECT_EQ(exit_code(&play->client), KILLED);
		EXPECT_EQ(exit_code(&play->server), KILLED);
		expect_nobody_waits(play->pair.server);
		expect_nobody_waits(play->second.server);
		break;
	default:
		/* A forwarded call goes by the forwarder's connection. */
		EXPECT_OK(nacre_connection_destroy(stage == FORWARDED ? play->second.connection : play->pair.connection));
		EXPECT_EQ(exit_code(&play->client), EXIT_CALLED + NACRE_E_PEER_GONE);
		if (stage == QUEUED || stage == TAKEN)
			server_survives(play, stage);
	}
}

static void all_stages(void (*client)(uintptr_t), enum victim victim)
{
	static bool warm; /* the children's code and the window of this process have been made, and are there to stay */
	struct count before;
	struct play play;

	nacre_process_window_create(self_process()); /* fails but for the first time */
	for (enum stage stage = 0; stage < STAGES; stage++) {
		before = count_now();
		play_begin(&play, client, stage);
		act(&play, stage, victim);
		play_end(&play);
		if (warm)
			expect_all_back(before);
		warm = true;
	}
}

TEST(words_client_dies, "the caller of words dies queued, taken, parked or forwarded: the server learns of it and lives")
{
	all_stages(client_words, CLIENT);
}

TEST(words_server_dies, "the server of words dies at every stage: a call it took is PEER_GONE, one it did not waits for the successor")
{
	all_stages(client_words, SERVER);
}

TEST(words_both_die, "caller and server of words die at every stage: nothing is left of the call")
{
	all_stages(client_words, BOTH);
}

TEST(words_connection, "the connection of a call of words is destroyed at every stage: PEER_GONE, and a stale token")
{
	all_stages(client_words, CONNECTION);
}

TEST(copy_client_dies, "the caller of a copy each way dies at every stage: the server lives, and nothing is written any more")
{
	all_stages(client_copy, CLIENT);
}

TEST(copy_server_dies, "the server of a copy each way dies at every stage: PEER_GONE, or an answer by the successor")
{
	all_stages(client_copy, SERVER);
}

TEST(copy_both_die, "caller and server of a copy die at every stage: nothing is left of the call")
{
	all_stages(client_copy, BOTH);
}

TEST(copy_connection, "the connection of a copy is destroyed at every stage: PEER_GONE, and a stale token")
{
	all_stages(client_copy, CONNECTION);
}

TEST(lend_client_dies, "who lends read-only dies at every stage: the borrower reads on, from a page of zeros")
{
	all_stages(client_lend, CLIENT);
}

TEST(lend_server_dies, "who borrows read-only dies at every stage: the lender has its pages back, writable, as they were")
{
	all_stages(client_lend, SERVER);
}

TEST(lend_both_die, "lender and borrower of a read-only loan die at every stage: every page comes back")
{
	all_stages(client_lend, BOTH);
}

TEST(lend_connection, "the connection of a read-only loan is destroyed at every stage: the lender has its pages back")
{
	all_stages(client_lend, CONNECTION);
}

TEST(lend_mut_client_dies, "who lends writable dies at every stage: the borrower writes on, into a page of its own")
{
	all_stages(client_lend_mut, CLIENT);
}

TEST(lend_mut_server_dies, "who borrows writable dies at every stage: the lender has its pages back, with what was written so far")
{
	all_stages(client_lend_mut, SERVER);
}

TEST(lend_mut_both_die, "lender and borrower of a writable loan die at every stage: every page comes back")
{
	all_stages(client_lend_mut, BOTH);
}

TEST(lend_mut_connection, "the connection of a writable loan is destroyed at every stage: the lender has its pages back")
{
	all_stages(client_lend_mut, CONNECTION);
}

TEST(move_client_dies, "who moves memory dies at every stage: what was not claimed dies with its payer, and the receiver lives")
{
	all_stages(client_move, CLIENT);
}

TEST(move_server_dies, "who receives moved memory dies at every stage: the mover's call ends, and no page is lost")
{
	all_stages(client_move, SERVER);
}

TEST(move_both_die, "mover and receiver of memory die at every stage: every page comes back")
{
	all_stages(client_move, BOTH);
}

TEST(move_connection, "the connection of a move is destroyed at every stage: no page is lost")
{
	all_stages(client_move, CONNECTION);
}

TEST(handles_client_dies, "who sends handles with a call dies at every stage: those that arrived stay, and no object is lost")
{
	all_stages(client_handles, CLIENT);
}

TEST(handles_server_dies, "who receives handles dies at every stage: they go with it, and the sender keeps its own")
{
	all_stages(client_handles, SERVER);
}

TEST(handles_both_die, "sender and receiver of handles die at every stage: every object is gone")
{
	all_stages(client_handles, BOTH);
}

TEST(handles_connection, "the connection of a call with handles is destroyed at every stage: the sender keeps its own")
{
	all_stages(client_handles, CONNECTION);
}

/* --- sends and signals ------------------------------------------------------------------------------------- */

/* Sends three times, with bytes and a handle, and signals; then ends. argument: connection, and behind it a handle. */
CHILD static void send_and_exit(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message message;

	plan_ask(control, &plan);
	message_clear(&message);
	message.in_count = 1;
	message.in[0].base = plan.word[1];
	message.in[0].size = 64;
	message.handle_count = 1;
	message.send[0] = (uint32_t)plan.word[2];
	*(volatile uint8_t *)plan.word[1] = GIVEN;
	for (uintptr_t i = 1; i <= 3; i++) {
		words_clear(&words, i);
		if (nacre_connection_send((nacre_handle_t)plan.word[0], &words, &message))
			nacre_process_exit(EXIT_ODD);
	}
	nacre_connection_signal((nacre_handle_t)plan.word[0], 6);
	nacre_process_exit(EXIT_CALLED);
}

struct sender {
	struct child child;
	struct pair pair, control;
	nacre_handle_t shared; /* pays nothing of the child's: what the child sends a handle to */
};

/* A process that has sent three messages and a signal, and is gone with all its memory. */
static void sender_play(struct sender *sender, bool of_child)
{
	struct nacre_words plan = { 0 };
	struct nacre_received in = { 0 };

	*sender = (struct sender){ .pair = pair_make(BADGE, 3, 0), .control = pair_make(BADGE_CLIENT, 0, 0) };
	EXPECT_OK(nacre_memory_create(self_budget(), 1, NACRE_MEMORY_SHARED, &sender->shared));
	child_make(&sender->child, PAGES);
	plan.word[0] = child_give(&sender->child, sender->pair.connection, NACRE_RIGHT_CALL | NACRE_RIGHT_SIGNAL);
	plan.word[1] = room_give(&sender->child);
	plan.word[2] = of_child ? memory_give(&sender->child) : child_give(&sender->child, sender->shared, NACRE_RIGHT_ALL);
	child_start(&sender->child, send_and_exit, child_give(&sender->child, sender->control.connection, NACRE_RIGHT_CALL), 15);
	EXPECT_OK(nacre_server_receive(sender->control.server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_OK(nacre_server_reply(&plan, in.token, NULL));
	EXPECT_EQ(child_end(&sender->child), EXIT_CALLED);
	EXPECT_OK(nacre_handle_close(sender->pair.connection)); /* the last client's */
}

static void sender_close(struct sender *sender)
{
	EXPECT_OK(nacre_handle_close(sender->shared));
	EXPECT_OK(nacre_handle_close(sender->pair.server));
	pair_close(&sender->control);
}

/* The three messages, with their bytes; a handle comes where its object lives. Then the signal, with CLOSED. */
static void sender_expect(struct sender *sender, bool handles_live)
{
	static char buffer[64];
	struct nacre_message message = { .accept = 1 };
	struct nacre_received in = { 0 };
	uintptr_t bits = 0;

	EXPECT_OK(nacre_thread_buffer_set(buffer, sizeof buffer));
	for (uintptr_t i = 1; i <= 3; i++) {
		memset(buffer, 0, sizeof buffer);
		EXPECT_OK(nacre_server_receive(sender->pair.server, NACRE_DEADLINE_NOW, &message, &in));
		EXPECT_EQ(info_kind(&in), NACRE_KIND_SEND);
		EXPECT_EQ(in.words.opcode, i);
		EXPECT_EQ(buffer[0], GIVEN);
		EXPECT_EQ(message.received[0] != 0, handles_live);
		if (message.received[0])
			EXPECT_OK(nacre_handle_close(message.received[0]));
	}
	while (!(bits & NACRE_SIGNAL_CLOSED)) {
		EXPECT_OK(nacre_server_receive(sender->pair.server, NACRE_DEADLINE_NOW, NULL, &in));
		EXPECT_EQ(info_kind(&in), NACRE_KIND_SIGNAL);
		bits |= in.words.word[0];
	}
	EXPECT_EQ(bits, 6 | NACRE_SIGNAL_CLOSED);
	expect_nobody_waits(sender->pair.server);
	EXPECT_OK(nacre_thread_buffer_set(NULL, 0));
}

TEST(send_sender_dies, "what was sent and signalled survives its sender, with bytes and handles, and CLOSED comes last")
{
	struct sender sender;
	struct count before = count_now();

	sender_play(&sender, false);
	sender_expect(&sender, true);
	sender_close(&sender);
	expect_all_back(before);
}

TEST(send_object_dies, "a handle that was sent to an object that died with its sender arrives as none")
{
	struct sender sender;
	struct count before = count_now();

	sender_play(&sender, true);
	sender_expect(&sender, false);
	sender_close(&sender);
	expect_all_back(before);
}

TEST(send_server_dies, "a server that goes with messages in its queue takes them along, handles and all")
{
	struct sender sender;
	struct count before = count_now();

	sender_play(&sender, false);
	sender_close(&sender);
	expect_all_back(before);
}

/* --- faults and notices ------------------------------------------------------------------------------------ */

CHILD static void fault(uintptr_t address)
{
	*(volatile uint8_t *)address = 1;
	nacre_process_exit(EXIT_VALID);
}

struct faulting {
	struct child child;
	nacre_handle_t handler;
};

static void faulting_start(struct faulting *faulting)
{
	EXPECT_OK(nacre_server_create(self_budget(), &faulting->handler));
	child_make(&faulting->child, PAGES);
	EXPECT_OK(nacre_process_fault_set(faulting->child.process, faulting->handler, 77));
	child_start(&faulting->child, fault, 8, 15);
}

static void faulting_ended(struct faulting *faulting, uint32_t cause)
{
	struct nacre_exit_record record = { 0 };

	child_wait(&faulting->child, &record);
	EXPECT_EQ(record.cause, cause);
	child_destroy(&faulting->child);
}

TEST(fault_handler_gone, "a fault whose handler is gone, or goes with the fault queued or taken, ends the process with the fault's cause")
{
	struct nacre_received in = { 0 };
	struct count before = count_now();
	struct faulting faulting;

	faulting_start(&faulting);
	EXPECT_OK(nacre_handle_close(faulting.handler)); /* before it runs */
	faulting_ended(&faulting, NACRE_CAUSE_WRITE);
	faulting_start(&faulting);
	wait_for_state(&faulting.child, NACRE_STATE_FAULTED);
	EXPECT_OK(nacre_handle_close(faulting.handler)); /* queued */
	faulting_ended(&faulting, NACRE_CAUSE_WRITE);
	faulting_start(&faulting);
	EXPECT_OK(nacre_server_receive(faulting.handler, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_EQ(info_kind(&in), NACRE_KIND_FAULT);
	EXPECT_EQ(in.badge, 77);
	EXPECT_EQ(in.words.word[0], 8);
	EXPECT_OK(nacre_handle_close(faulting.handler)); /* taken: whoever took it may still answer, or end it */
	EXPECT_OK(nacre_process_kill(faulting.child.process, KILLED));
	faulting_ended(&faulting, NACRE_CAUSE_KILLED);
	EXPECT_ERROR(server_token_check, STALE_TOKEN, nacre_server_token_check(in.token));
	expect_all_back(before);
}

/* Takes one fault and dies of it. */
CHILD static void handle_and_die(uintptr_t server)
{
	struct nacre_received in;

	nacre_server_receive((nacre_handle_t)server, NACRE_DEADLINE_NEVER, NULL, &in);
	nacre_process_exit(EXIT_VALID);
}

TEST(fault_handler_dies, "a fault whose handler's process dies of it ends the process that faulted")
{
	struct count before = count_now();
	struct faulting faulting;
	struct child handler;

	faulting_start(&faulting);
	child_make(&handler, PAGES);
	child_start(&handler, handle_and_die, child_give(&handler, faulting.handler, NACRE_RIGHT_RECEIVE), 15);
	EXPECT_EQ(child_end(&handler), EXIT_VALID);
	faulting_ended(&faulting, NACRE_CAUSE_WRITE);
	EXPECT_OK(nacre_handle_close(faulting.handler));
	expect_all_back(before);
}

TEST(fault_process_dies, "a process is killed while its fault is queued, and while it is being handled: the handler's token is stale")
{
	struct nacre_received in = { 0 };
	struct count before = count_now();
	struct faulting faulting;

	faulting_start(&faulting);
	wait_for_state(&faulting.child, NACRE_STATE_FAULTED);
	kill(&faulting.child);
	faulting_ended(&faulting, NACRE_CAUSE_KILLED);
	expect_nobody_waits(faulting.handler);
	EXPECT_OK(nacre_handle_close(faulting.handler));
	faulting_start(&faulting);
	EXPECT_OK(nacre_server_receive(faulting.handler, NACRE_DEADLINE_NEVER, NULL, &in));
	kill(&faulting.child);
	EXPECT_ERROR(server_reply, STALE_TOKEN, nacre_server_reply(&(struct nacre_words){ 0 }, in.token, NULL));
	faulting_ended(&faulting, NACRE_CAUSE_KILLED);
	EXPECT_OK(nacre_handle_close(faulting.handler));
	expect_all_back(before);
}

CHILD static void exit_at_once(uintptr_t code)
{
	nacre_process_exit(code);
}

TEST(notice_watcher_gone, "an exit notice whose server is gone, or goes with the notice in its queue, is lost and nothing else")
{
	struct nacre_exit_record record = { 0 };
	struct count before = count_now();
	nacre_handle_t watcher;
	struct child child;

	for (unsigned late = 0; late < 2; late++) {
		EXPECT_OK(nacre_server_create(self_budget(), &watcher));
		child_make(&child, PAGES);
		EXPECT_ERROR(process_watch, BUSY, nacre_process_watch(child.process, watcher, 1, 5));
		EXPECT_OK(nacre_handle_close(child.server)); /* with it goes what child_make had bound */
		EXPECT_OK(nacre_process_watch(child.process, watcher, 1, 5));
		child_start(&child, exit_at_once, 4, 15);
		if (late)
			let_run();
		EXPECT_OK(nacre_handle_close(watcher));
		if (!late)
			let_run();
		EXPECT_OK(nacre_process_status(child.process, &record));
		EXPECT_EQ(record.code, 4);
		EXPECT_OK(nacre_budget_destroy(child.budget));
		EXPECT_OK(nacre_handle_close(child.budget));
		EXPECT_OK(nacre_handle_close(child.process));
	}
	expect_all_back(before);
}
