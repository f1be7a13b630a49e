/* server_gdb.c - the gdb server: packets, the decoder of steps, breakpoints that nobody sees, and what gdb is told. */
#include "test/fuzz/gdb_machine.h"
#include "server/gdb/step.h"
#include "unit.h"

/* --- packets ---------------------------------------------------------------------------------------------- */

static enum packet_event feed(struct packet_reader *reader, const char *bytes)
{
	enum packet_event event = PACKET_MORE;

	for (; *bytes; bytes++)
		event = packet_take(reader, (uint8_t)*bytes);
	return event;
}

TEST(packet_whole, "a packet with the right sum arrives, and escaped bytes as they were meant")
{
	struct packet_reader reader = { 0 };

	assert_int_equal(feed(&reader, "+$m1,2#fc"), PACKET_WHOLE);
	assert_string_equal(reader.data, "m1,2");
	assert_int_equal(feed(&reader, "$}\x03}]#5a"), PACKET_WHOLE);
	assert_memory_equal(reader.data, "#}", 2);
	assert_int_equal(feed(&reader, "\x03"), PACKET_INTERRUPT);
	assert_int_equal(feed(&reader, "-"), PACKET_AGAIN);
}

TEST(packet_broken, "a wrong sum, a sum of no digits, and a packet that is too long are told of, and the next one arrives")
{
	struct packet_reader reader = { 0 };

	assert_int_equal(feed(&reader, "$m1,2#fb"), PACKET_BROKEN);
	assert_int_equal(feed(&reader, "$m1,2#g"), PACKET_BROKEN);
	feed(&reader, "$");
	for (unsigned i = 0; i < 3 * PACKET_BYTES; i++)
		assert_int_equal(feed(&reader, "a"), PACKET_MORE);
	assert_int_equal(feed(&reader, "#00"), PACKET_BROKEN);
	assert_int_equal(feed(&reader, "$cut off$g#67"), PACKET_WHOLE);
}

TEST(packet_sent, "what does not fit is cut, and the packet is still whole; special bytes are escaped")
{
	static struct packet packet;
	struct packet_reader reader = { 0 };

	packet_begin(&packet);
	packet_binary(&packet, "a#b$c}d*", 8);
	packet_end(&packet);
	packet.data[packet.size] = 0;
	assert_int_equal(feed(&reader, packet.data), PACKET_WHOLE);
	assert_string_equal(reader.data, "a#b$c}d*");
	packet_begin(&packet);
	for (unsigned i = 0; i < 3 * PACKET_BYTES; i++)
		packet_text(&packet, "xy");
	packet_end(&packet);
	assert_true(packet.cut && packet.size <= sizeof(packet.data));
}

/* --- steps ------------------------------------------------------------------------------------------------ */

static uint8_t code[64];

static bool code_read(void *context, uintptr_t address, void *to, size_t size)
{
	(void)context;
	if (address - 0x1000 > sizeof(code) - size)
		return false;
	memcpy(to, code + (address - 0x1000), size);
	return true;
}

/* Where the instruction at 0x1000 goes. */
static uintptr_t next(unsigned width, uint32_t instruction, const struct nacre_registers *registers)
{
	const struct step_code at = { .width = width, .read = code_read };
	struct nacre_registers here = *registers;
	uintptr_t places[STEP_PLACES_MAX];

	here.pc = 0x1000;
	memcpy(code, &instruction, 4);
	assert_int_equal(step_places(&at, &here, places), 1);
	return places[0];
}

TEST(step_jumps, "jumps go where they should, each width by its own rules")
{
	struct nacre_registers r = { 0 };

	r.x[0] = 0x2001;  /* ra */
	assert_int_equal(next(32, 0x00000013, &r), 0x1004);  /* nop */
	assert_int_equal(next(32, 0x0001, &r), 0x1002);      /* c.nop */
	assert_int_equal(next(64, 0x0100006f, &r), 0x1010);  /* jal zero, 16 */
	assert_int_equal(next(64, 0xff1ff06f, &r), 0xff0);   /* jal zero, -16 */
	assert_int_equal(next(32, 0xffc08067, &r), 0x1ffc);  /* jalr zero, -4(ra) */
	assert_int_equal(next(32, 0x8082, &r), 0x2000);      /* ret */
	assert_int_equal(next(32, 0x9082, &r), 0x2000);      /* c.jalr ra */
	assert_int_equal(next(32, 0x808a, &r), 0x1002);      /* c.mv ra, sp */
	assert_int_equal(next(32, 0xa801, &r), 0x1010);      /* c.j 16 */
	assert_int_equal(next(32, 0xbfc5, &r), 0xff0);       /* c.j -16 */
	assert_int_equal(next(32, 0x2801, &r), 0x1010);      /* c.jal 16 */
	assert_int_equal(next(64, 0x2801, &r), 0x1002);      /* c.addiw */
	assert_int_equal(next(32, 0x00000073, &r), 0x1004);  /* ecall */
}

TEST(step_branches, "a branch is decided by the registers, signed and unsigned, of the width")
{
	struct nacre_registers r = { 0 };

	r.x[9] = (uintptr_t)-1;  /* a0 */
	r.x[10] = 1;             /* a1 */
	assert_int_equal(next(64, 0x00b50863, &r), 0x1004);  /* beq a0, a1, 16 */
	assert_int_equal(next(64, 0x00b51863, &r), 0x1010);  /* bne */
	assert_int_equal(next(64, 0x00b54863, &r), 0x1010);  /* blt */
	assert_int_equal(next(64, 0x00b55863, &r), 0x1004);  /* bge */
	assert_int_equal(next(64, 0x00b56863, &r), 0x1004);  /* bltu */
	assert_int_equal(next(64, 0x00b57863, &r), 0x1010);  /* bgeu */
	assert_int_equal(next(32, 0xfeb548e3, &r), 0xff0);   /* blt a0, a1, -16 */
	assert_int_equal(next(32, 0xc909, &r), 0x1002);      /* c.beqz a0, 18 */
	assert_int_equal(next(32, 0xe909, &r), 0x1012);      /* c.bnez a0, 18 */
	r.x[9] = (uintptr_t)1 << 32;
	assert_int_equal(next(32, 0xe909, &r), sizeof(uintptr_t) == 8 ? 0x1002 : 0x1012); /* upper half is not there */
}

TEST(step_atomic, "a sequence from LR to SC is stepped over as a whole, with every way out of it")
{
	static const uint32_t lines[] = {
		0x100527af, /* lr.w a5, (a0) */
		0x00b79863, /* bne a5, a1, +16: out */
		0x18c526af, /* sc.w a3, a2, (a0) */
		0xfe069ae3, /* bnez a3, back */
	};
	const struct step_code at = { .width = 32, .read = code_read };
	const struct nacre_registers r = { .pc = 0x1000 };
	uintptr_t places[STEP_PLACES_MAX];

	memcpy(code, lines, sizeof(lines));
	assert_int_equal(step_places(&at, &r, places), 2);
	assert_int_equal(places[0], 0x100c);
	assert_int_equal(places[1], 0x1014);
	memset(code + 4, 0, sizeof(code) - 4); /* without an SC it is one instruction */
	assert_int_equal(step_places(&at, &r, places), 1);
	assert_int_equal(places[0], 0x1004);
}

/* --- sessions --------------------------------------------------------------------------------------------- */

static void says(const char *text)
{
	if (!strstr(model.sent, text))
		fail_msg("\"%s\" is not in \"%s\"", text, model.sent);
}

static void ask(const char *text, const char *answer)
{
	model_ask(text);
	says(answer);
}

static void begin(void)
{
	model_open(32);
	ask("qSupported:multiprocess+;swbreak+", "multiprocess+");
	ask("vAttach;5", "T00thread:p5.1;");
}

static uint16_t half_at(unsigned p, unsigned offset)
{
	uint16_t half;

	memcpy(&half, model.processes[p].memory + offset, 2);
	return half;
}

TEST(session_breakpoint, "a breakpoint stops a thread, is not seen in memory, takes writes beneath it, and goes")
{
	begin();
	ask("Z0,10020,4", "$OK#");
	assert_int_equal(half_at(0, 0x20), 0x9002);
	ask("m10020,4", "$01000100#");
	ask("M10020,2:1300", "$OK#");
	assert_int_equal(half_at(0, 0x20), 0x9002);
	ask("m10020,2", "$1300#");
	ask("vCont;c", "+");
	assert_true(model.processes[0].runs);
	assert_true(model_go(0, 0));
	says("T05swbreak:;thread:p5.1;");
	assert_false(model.processes[0].runs);
	ask("z0,10020,4", "$OK#");
	assert_int_equal(half_at(0, 0x20), 0x13);
	ask("D;5", "$OK#");
	assert_true(model.processes[0].runs && !model.processes[0].token[0]);
}

TEST(session_step, "a step goes one instruction, and the other thread stands meanwhile")
{
	begin();
	ask("vCont;s:p5.1", "+");
	assert_true(model_go(0, 1));       /* held where it stood */
	assert_int_equal(model.processes[0].registers[1].pc, MODEL_BASE + 0x100);
	assert_true(model.processes[0].runs);
	assert_true(model_go(0, 0));
	says("T05thread:p5.1;");
	assert_int_equal(model.processes[0].registers[0].pc, MODEL_BASE + 2);
	assert_int_equal(half_at(0, 2), 1);
	assert_int_equal(half_at(0, 0x100), 1);
	ask("vCont;c", "+");               /* the one that was held goes on and is not told of */
	assert_true(model.processes[0].runs && !model.processes[0].token[1]);
}

TEST(session_step_same, "who stands at the very instruction that is stepped over is sent elsewhere and brought back")
{
	begin();
	model.processes[0].registers[1].pc = MODEL_BASE;
	ask("Z0,10000,4", "$OK#");
	ask("z0,10000,4", "$OK#");
	ask("vCont;s:p5.1", "+");
	assert_int_equal(model.processes[0].registers[1].pc, MODEL_BASE + 2);
	assert_true(model_go(0, 1));
	assert_true(model_go(0, 0));
	says("T05thread:p5.1;");
	assert_int_equal(model.processes[0].registers[1].pc, MODEL_BASE);
}

TEST(session_range, "a range is stepped through without a word, and a breakpoint in it stops")
{
	begin();
	ask("Z0,10040,2", "$OK#");
	ask("vCont;r10000,10010:p5.1", "+");
	while (model.processes[0].runs && model_go(0, 0))
		;
	says("T05thread:p5.1;");
	assert_int_equal(model.processes[0].registers[0].pc, MODEL_BASE + 0x10);
	ask("vCont;r10010,10080:p5.1", "+");
	while (model.processes[0].runs && model_go(0, 0))
		;
	says("T05swbreak:;thread:p5.1;");
	assert_int_equal(model.processes[0].registers[0].pc, MODEL_BASE + 0x40);
}

TEST(session_two, "two processes stop together, and faults that came at once are told one after the other")
{
	begin();
	ask("vAttach;6", "T00thread:p6.1;");
	ask("vCont;c", "+");
	model.sent_size = 0;
	assert_true(model_fault(1, 0, NACRE_CAUSE_READ));
	says("T0bthread:p6.1;");
	assert_true(model_fault(0, 1, NACRE_CAUSE_ILLEGAL));
	assert_false(model.processes[0].runs || model.processes[1].runs);
	ask("vCont;c:p5.-1", "T04thread:p5.2;");
	ask("vCont;C04:p5.2", "+");        /* given back: it ends */
	assert_true(model.processes[0].ended);
	session_gone(model.processes[0].badge, NACRE_CAUSE_ILLEGAL, 0);
	says("X04;process:5");
}

TEST(session_run, "a program is run by its name, told of when it is held, and its end has its code")
{
	model_open(64);
	ask("qSupported:multiprocess+", "multiprocess+");
	ask("vRun;6e6f6e65", "E.there is none");
	ask("vRun;2f782f6d6f64656c2e656c66;61", "+");
	model.processes[3].runs = false;
	session_held();
	says("T05thread:p8.1;");
	ask("qAttached:8", "$0#");
	ask("vCont;c", "+");
	model_end(3, 7);
	says("W07;process:8");
	ask("qfThreadInfo", "$l#");
}

TEST(session_run_late, "a program that is held when nobody waits for it any more goes on")
{
	model_open(32);
	model_ask("vRun;6d6f64656c");
	session_hung_up();
	session_held();
	assert_int_equal(model.released, MODEL_FIRST + MODEL_PROCESSES - 1);
	ask("?", "$W00#");
}

TEST(session_hang_up, "when the other end is closed all is as it was before")
{
	begin();
	ask("Z0,10020,2", "$OK#");
	ask("vCont;c", "+");
	assert_true(model_go(0, 0));
	session_hung_up();
	assert_int_equal(half_at(0, 0x20), 1);
	assert_true(model.processes[0].runs && !model.processes[0].attached && !model.processes[0].token[0]);
	ask("?", "$W00#");
}

TEST(session_registers, "registers are read and written in the order and size that the description has")
{
	begin();
	model.processes[0].registers[0].x[9] = 0x11223344;
	ask("pa", "$44332211#");
	ask("P20=78560100", "$OK#");
	assert_int_equal(model.processes[0].registers[0].pc, 0x15678);
	ask("P0=ffffffff", "$OK#");
	ask("p0", "$00000000#");
	ask("p21", "$E01#");
	ask("qXfer:features:read:target.xml:0,80", "riscv:rv32");
}
