/* babel_client_d.d - a client of test/lang/babel.nid in D, without its run-time library (-betterC).
 * babel-client-d PATH: the server's name. */
module babel_client_d;

extern (C) nothrow @nogc
{
	int printf(scope const char* format, ...);
	const(char)* nacre_error_name(uint status);

	uint stub_babel_connect(const char* path, uint* connection);
	uint stub_babel_small(uint babel, ubyte a, byte b, ushort c, short d, bool e, ubyte* a1, byte* b1, ushort* c1,
		short* d1, bool* e1);
	uint stub_babel_wide(uint babel, ulong a, long b, ulong* sum, long* difference);
	uint stub_babel_store(uint babel, const Record* record, const char* name, uint* count);
	uint stub_babel_describe(uint babel, const char* name, Record* record, char* text, size_t textRoom,
		size_t* textLength);
	uint stub_babel_join(uint babel, const char* first, const void* second, size_t secondSize, void* joined,
		size_t joinedRoom, size_t* joinedLength);
	uint stub_babel_fail(uint babel, uint status);
}

enum uint brokenOnPurpose = 128, notFound = 67;

/* As doc/interfaces.md lays it out: every field on a multiple of its size. */
struct Record
{
	uint size;
	ushort small;
	ubyte colour;
	bool ready;
	ulong big;
	long delta;
	uint[4] who;
	char[12] label;
	uint mode;
	uint[4] counts;
	ushort[3] halves;
	short tail;
	uint added;
	uint reserved;
}

static assert(Record.sizeof == 88);

__gshared uint babel;

bool expect(bool isSo, int line = __LINE__) nothrow @nogc
{
	if (!isSo)
		printf("not so, line %d\n", line);
	return isSo;
}

/* Slices of fixed arrays, loops over them: what of D works without its library. */
bool numbers() nothrow @nogc
{
	ubyte a;
	byte b;
	ushort c;
	short d;
	bool e;
	ulong sum;
	long difference;

	return expect(stub_babel_small(babel, 255, -128, 65_535, 32_767, false, &a, &b, &c, &d, &e) == 0)
		&& expect(a == 0 && b == -127 && c == 0 && d == -32_768 && e)
		&& expect(stub_babel_wide(babel, 1UL << 40, -1, &sum, &difference) == 0)
		&& expect(sum == (1UL << 40) - 1 && difference == (1L << 40) + 1);
}

bool copied() nothrow @nogc
{
	Record sent, came;
	char[32] text = 0;
	size_t length;
	uint count;
	static immutable ubyte[3] second = [1, 2, 3];

	sent.big = 0x1234_5678_9abc_def0;
	sent.colour = 5;
	sent.label[0 .. 1] = "D";
	sent.label[1 .. $] = 0;
	if (!expect(stub_babel_store(babel, &sent, "record 0", &count) == 0 && count >= 1))
		return false;
	if (!expect(stub_babel_describe(babel, "record 0", &came, text.ptr, text.length, &length) == 0))
		return false;
	if (!expect(came.big == sent.big && came.label == sent.label && text[0 .. length] == "[record 0]"))
		return false;
	if (!expect(stub_babel_join(babel, "one", second.ptr, second.length, text.ptr, text.length, &length) == 0))
		return false;
	foreach (index, each; second)
		if (!expect(text[3 + index] == each))
			return false;
	return expect(length == 6 && stub_babel_fail(babel, brokenOnPurpose) == brokenOnPurpose);
}

extern (C) int main(int argc, char** argv) nothrow @nogc
{
	const status = argc >= 2 ? stub_babel_connect(argv[1], &babel) : notFound;

	if (status)
	{
		printf("%s: %s\n", argc >= 2 ? argv[1] : "".ptr, nacre_error_name(status));
		return 1;
	}
	if (!numbers() || !copied())
		return 1;
	if (argc == 3)
	{
		// A bound that the compiler checks.
		ubyte[3] list;
		list[argc] = 1;
		return list[argc - 1];
	}
	printf("D at %s: all as it should be\n", argv[1]);
	return 0;
}
