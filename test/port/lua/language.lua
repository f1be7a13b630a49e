-- language.lua - Nacre's own tests of how Lua 5.4 behaves here; upstream's test suite is not part of the source package.
local tap = require("tap")
local test, equal, fails = tap.test, tap.equal, tap.fails

-- Numbers ---------------------------------------------------------------------------------------------------------

test("integers", "integers have 64 bits on both widths and wrap around", function()
	equal(math.maxinteger, 9223372036854775807)
	equal(math.mininteger, -9223372036854775807 - 1)
	equal(math.maxinteger + 1, math.mininteger)
	equal(math.mininteger - 1, math.maxinteger)
	equal(3 * 0x4000000000000001, 0x4000000000000003 | math.mininteger)
	equal(0xffffffffffffffff, -1)
	equal(1 << 63, math.mininteger)
	equal(1 << 64, 0)
	equal(-1 >> 1, math.maxinteger)
	equal(5 // 0.0, math.huge)
	fails("attempt to divide by zero", function(zero) return 1 // zero end, 0)
	fails("attempt to perform 'n%%.-0'", function(zero) return 1 % zero end, 0)
	equal(math.mininteger // -1, math.mininteger)
	equal(math.mininteger % -1, 0)
end)

test("division", "floor division and modulo round towards minus infinity, for integers and floats", function()
	equal({ 7 // 2, -7 // 2, 7 // -2, -7 // -2 }, { 3, -4, -4, 3 })
	equal({ 7 % 3, -7 % 3, 7 % -3, -7 % -3 }, { 1, 2, -2, -1 })
	equal({ 7.5 // 2, -7.5 // 2 }, { 3.0, -4.0 })
	equal({ 5.5 % 2, -5.5 % 2, 5.5 % -2 }, { 1.5, 0.5, -0.5 })
	equal(-6 % math.huge, math.huge)
	equal(7 / 2, 3.5)
	equal(math.fmod(-7, 3), -1)
	equal(math.tointeger(3.0), 3)
	equal(math.tointeger(3.5), nil)
	equal(3 | 0, 3)
	fails("no integer representation", function() return 3.5 | 0 end)
end)

test("floats", "floats are IEEE doubles: exact arithmetic, signed zeros, infinities, NaN", function()
	equal(0.1 + 0.2 == 0.3, false)
	equal(2^53 + 1 == 2^53, true)
	equal(1 / -0.0, -math.huge)
	equal(0/0 ~= 0/0, true)
	equal(2^0.5, 0x1.6a09e667f3bcdp+0)
	equal(1e308 * 10, math.huge)
	equal(5e-324 > 0, true)
	equal(5e-324 / 2, 0.0)
	equal(3 % math.huge, 3.0)
	equal(1e15, 1000000000000000.0)
	equal(string.format("%.17g", 0.1), "0.10000000000000001")
	equal(math.ult(1, -1), true)
	equal({ math.floor(-3.5), math.ceil(-3.5), math.floor(2^70) }, { -4, -3, 2^70 })
end)

test("elementary", "the mathematical functions are right to the last digits", function()
	local function near(got, wanted)
		if math.abs(got - wanted) > 4e-15 * math.max(1, math.abs(wanted)) then
			error(string.format("got %.17g, wanted %.17g", got, wanted), 2)
		end
	end
	near(math.sin(1), 0.8414709848078965)
	near(math.cos(1), 0.5403023058681398)
	near(math.tan(1), 1.5574077246549023)
	near(math.exp(1), 2.718281828459045)
	near(math.log(10), 2.302585092994046)
	near(math.log(8, 2), 3)
	near(math.log(1000, 10), 3)
	near(math.atan(1, -1), 2.356194490192345)
	near(math.asin(0.5), 0.5235987755982989)
	near(math.acos(0.5), 1.0471975511965979)
	near(math.sqrt(2), 1.4142135623730951)
	near(math.sin(1e6), -0.3499935021712930)
	near(2^-1074, 5e-324)
end)

test("conversion", "numbers and strings become each other as the manual says, and compare exactly", function()
	equal({ tonumber("0x10"), tonumber("  12  "), tonumber("1e1"), tonumber("0x.8p1"), tonumber("z", 36) },
	      { 16, 12, 10.0, 1.0, 35 })
	equal(tonumber("1x"), nil)
	equal(tonumber(""), nil)
	equal(tonumber("9223372036854775808"), 9223372036854775808.0)
	equal("10" + 5, 15)
	equal("0x10" * 1.0, 16.0)
	equal(10 .. "", "10")
	equal(tostring(1e100), "1e+100")
	equal(tostring(3.0), "3.0")
	equal(tostring(-0.0), "-0.0")
	equal(1 == 1.0, true)
	equal(math.maxinteger + 0.0 == math.maxinteger, false)
	equal(math.maxinteger < math.maxinteger + 0.0, true)
	equal("a" < "b", true)
	fails("attempt to compare", function() return 1 < "2" end)
end)

-- Strings ---------------------------------------------------------------------------------------------------------

test("strings", "string functions, with positions from both ends and bytes of any value", function()
	local s = "a\0b\255"
	equal({ #s, s:byte(1, -1) }, { 4, 97, 0, 98, 255 })
	equal(("hello"):sub(-3, -2), "ll")
	equal(("ab"):rep(3, ","), "ab,ab,ab")
	equal(("abc"):reverse():upper(), "CBA")
	equal({ ("abc"):find("b", 1, true), ("a.c"):find(".", 1, true) }, { 2, 2, 2 })
	equal("\u{20ac}\x41\z
	       \65", "€AA")
	equal([[
x]], "x")
	fails("resulting string too large", string.rep, "x", math.maxinteger)
end)

test("patterns", "patterns match, capture, and refuse what is malformed or too complex", function()
	equal({ ("key = value"):match("^(%w+)%s*=%s*(%w+)$") }, { "key", "value" })
	equal(("THE (quick) fox"):find("%((%a+)%)"), 5)
	equal(("hello world"):gsub("o", "0"), "hell0 w0rld")
	equal({ ("abc"):gsub("%w", "%0%0") }, { "aabbcc", 3 })
	equal(("$name is $age"):gsub("%$(%w+)", { name = "x", age = 7 }), "x is 7")
	equal(("f(a(b)c)d"):match("%b()"), "(a(b)c)")
	equal(("THE END"):gsub("%f[%a]%a+", string.lower), "the end")
	equal({ ("  x "):match("^%s*(.-)%s*$"), ("()"):match("()") }, { "x", 1 })
	local words = {}
	for word in ("one two"):gmatch("%a+") do words[#words + 1] = word end
	equal(words, { "one", "two" })
	fails("malformed pattern", string.find, "a", "[a")
	fails("invalid capture index", string.gsub, "a", "a", "%2")
	fails("pattern too complex", string.match, ("x"):rep(300), ("x?"):rep(300) .. ("x"):rep(300))
end)

test("format", "string.format writes every kind of number and quotes what can be read again", function()
	equal(("%5d|%-5d|%05d|%+d"):format(42, 42, 42, 42), "   42|42   |00042|+42")
	equal(("%x %X %#x %o %c"):format(255, 255, 255, 8, 65), "ff FF 0xff 10 A")
	equal(("%.3f %e %g %g"):format(1/3, 12345.678, 1e20, 0.0001), "0.333 1.234568e+04 1e+20 0.0001")
	equal(("%s %10.3s|"):format(true, "abcdef"), "true        abc|")
	equal(("%q"):format('a "b"\n\0'), '"a \\"b\\"\\\n\\0"')
	equal(("%a"):format(1.0), "0x1p+0")
	equal(("%i"):format(3.0), "3")
	equal(load("return " .. ("%q"):format(0.1))(), 0.1)
	equal(load("return " .. ("%q"):format(math.mininteger))(), math.mininteger)
	fails("number has no integer representation", string.format, "%d", 3.5)
	fails("invalid conversion", string.format, "%y", 1)
end)

test("pack", "string.pack and unpack agree on widths, order and alignment", function()
	equal(("<i2>i2"):pack(1, 1), "\1\0\0\1")
	equal({ ("<i4i8"):unpack(("<i4i8"):pack(-2, math.mininteger)) }, { -2, math.mininteger, 13 })
	equal(("!4<i1i4"):pack(1, 2), "\1\0\0\0\2\0\0\0")
	equal({ ("z s1"):unpack("ab\0\3xyz") }, { "ab", "xyz", 8 })
	equal(("d"):unpack(("d"):pack(math.pi)), math.pi)
	equal({ ("<I3"):unpack("\255\255\255") }, { 16777215, 4 })
	equal(string.packsize("<i4i8"), 12)
	fails("overflow", string.pack, "i1", 200)
	fails("too short", string.unpack, "i4", "abc")
end)

test("utf8", "the utf8 library counts, decodes, and refuses what is not UTF-8", function()
	equal(utf8.char(72, 228, 8364, 128512), "Hä€😀")
	equal(utf8.len("Hä€😀"), 4)
	equal({ utf8.codepoint("€uro", 1, -1) }, { 8364, 117, 114, 111 })
	equal(utf8.offset("aä€", 3), 4)
	equal({ utf8.len("a\xff") }, { nil, 2 })
	fails("invalid UTF%-8", function() for _ in utf8.codes("\xff") do end end)
	equal(("€"):match(utf8.charpattern), "€")
end)

-- Tables ----------------------------------------------------------------------------------------------------------

test("tables", "tables as arrays and maps: insert, remove, move, concat, unpack", function()
	local t = { 1, 2, 3 }
	table.insert(t, 4)
	table.insert(t, 1, 0)
	equal(t, { 0, 1, 2, 3, 4 })
	equal({ table.remove(t), table.remove(t, 1) }, { 4, 0 })
	equal(table.concat(t, "-"), "1-2-3")
	equal(table.move(t, 1, 3, 2), { 1, 1, 2, 3 })
	equal({ table.unpack({ 1, 2, 3 }, 2) }, { 2, 3 })
	equal(table.pack(1, nil, 3).n, 3)
	t = { [1.0] = "a", ["1"] = "b" }
	equal({ t[1], t["1"] }, { "a", "b" })
	fails("index is NaN", function() t[0/0] = 1 end)
	fails("index is nil", function() t[nil] = 1 end)
	fails("invalid value", table.concat, { {} })
end)

test("sort", "table.sort orders thousands of numbers and words, and finds an order that is none", function()
	local numbers, seed = {}, 1
	for i = 1, 3000 do
		seed = (seed * 1103515245 + 12345) % 2147483648
		numbers[i] = seed
	end
	table.sort(numbers)
	for i = 2, #numbers do assert(numbers[i - 1] <= numbers[i]) end
	table.sort(numbers, function(one, two) return one > two end)
	for i = 2, #numbers do assert(numbers[i - 1] >= numbers[i]) end
	fails("attempt to compare", table.sort, { 1, "x" })
	fails("invalid order function", table.sort, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, function() return true end)
end)

test("iteration", "next, pairs and ipairs visit each once, also while fields are cleared", function()
	local t, count, sum = {}, 0, 0
	for i = 1, 1000 do t[i * 7] = i end
	for key in pairs(t) do count = count + 1; t[key] = nil end
	equal({ count, next(t) }, { 1000 })
	for _, value in ipairs({ 1, 2, nil, 4 }) do sum = sum + value end
	equal(sum, 3)
	local proxy = setmetatable({}, { __pairs = function() return next, { a = 1 } end })
	for key, value in pairs(proxy) do equal({ key, value }, { "a", 1 }) end
	fails("invalid key to 'next'", next, {}, "no such key")
end)

test("loops", "for loops end where they should, at the limits of integers too", function()
	local count = 0
	for _ = math.maxinteger - 2, math.maxinteger do count = count + 1 end
	for _ = 3, 1 do count = count + 100 end
	for _ = 1, 0.5 do count = count + 100 end
	equal(count, 3)
	local floats = {}
	for x = 0, 1, 0.25 do floats[#floats + 1] = x end
	equal(#floats, 5)
	fails("'for' step is zero", function() for _ = 1, 2, 0 do end end)
	local i = 0
	repeat
		local stop = i == 3
		i = i + 1
		if i == 2 then goto continue end
		::continue::
	until stop
	equal(i, 4)
end)

-- Functions, objects, errors --------------------------------------------------------------------------------------

test("closures", "closures share variables, and each turn of a loop has its own", function()
	local function counter()
		local n = 0
		return function() n = n + 1; return n end, function() return n end
	end
	local step, look = counter()
	step(); step()
	equal(look(), 2)
	local fs = {}
	for i = 1, 3 do fs[i] = function() i = i + 1; return i end end
	equal({ fs[1](), fs[1](), fs[2]() }, { 2, 3, 3 })
	local function count(...) return select("#", ...), (select(-1, ...)) end
	equal({ count(1, nil, 3) }, { 3, 3 })
	equal(select("#", table.unpack({}, 1, 200)), 200)
end)

test("metatables", "metamethods of arithmetic, comparison, indexing, calling, length and concatenation", function()
	local V = {}
	V.__index = V
	V.__add = function(a, b) return setmetatable({ x = a.x + b.x }, V) end
	V.__eq = function(a, b) return a.x == b.x end
	V.__lt = function(a, b) return a.x < b.x end
	V.__le = function(a, b) return a.x <= b.x end
	V.__call = function(self, y) return self.x * y end
	V.__len = function() return 42 end
	V.__concat = function() return "joined" end
	V.__tostring = function(self) return "V" .. self.x end
	V.__unm = function(a) return setmetatable({ x = -a.x }, V) end
	V.__idiv = function() return "idiv" end
	V.__close = nil
	local a, b = setmetatable({ x = 1 }, V), setmetatable({ x = 2 }, V)
	equal({ (a + b).x, a == b, a < b, a <= b, a > b, a(5), #a, a .. b, tostring(-b), a // b },
	      { 3, false, true, true, false, 5, 42, "joined", "V-2", "idiv" })
	local log = {}
	local t = setmetatable({}, { __newindex = function(t, key, value) rawset(t, key, value); log[#log + 1] = key end,
				     __index = function(_, key) return key .. "?" end })
	t.one = 1; t.one = 2
	equal({ log, t.one, t.two, rawget(t, "two") }, { { "one" }, 2, "two?" })
	fails("protected metatable", setmetatable, setmetatable({}, { __metatable = true }), {})
	fails("attempt to call a table value", function() ({})() end)
end)

test("errors", "errors carry any value and a place, pass through pcall, and reach handlers", function()
	local good, why = pcall(error, { code = 7 })
	equal({ good, why.code }, { false, 7 })
	equal(select(2, pcall(error, "plain", 0)), "plain")
	equal(select(2, pcall(error)), nil)
	fails("^language.lua:%d+: here$", function() error("here") end)
	equal({ xpcall(function() error("x", 0) end, function(e) return e .. "!" end) }, { false, "x!" })
	equal({ pcall(pcall, error, "e") }, { true, false, "e" })
	fails("attempt to index a nil value %(global 'nowhere'%)", function() return nowhere.field end)
	fails("attempt to perform arithmetic on a nil value %(field 'x'%)", function() return ({}).x + 1 end)
	local function endless() return endless() + 1 end
	good, why = pcall(endless)
	assert(not good and (why:find("stack overflow") or why == "not enough memory"), why)
end)

test("c_stack", "recursion through C functions and nested code end in an error before the stack does", function()
	local function replace() return (("x"):gsub("x", replace)) end
	fails("C stack overflow", replace)
	local function sorted() table.sort({ 1, 2, 3 }, sorted) end
	fails("C stack overflow", sorted)
	local function inner() return pcall(inner) end
	inner()
	local function formatted() return ("%s"):format(setmetatable({}, { __tostring = formatted })) end
	fails("C stack overflow", formatted)
	fails("C stack overflow", function() assert(load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300))) end)
	fails("C stack overflow", function() assert(load(("do "):rep(300) .. ("end "):rep(300))) end)
	fails("C stack overflow", function() assert(load("return " .. ("{"):rep(300) .. ("}"):rep(300))) end)
	local function wrapped() return coroutine.wrap(wrapped)() end
	fails("C stack overflow", wrapped)
	local text = ("x"):rep(90)
	equal((text:match(("x?"):rep(90) .. "$")), text)
end)

test("closing", "variables to be closed are closed on every way out, in reverse order", function()
	local log = {}
	local function closer(name)
		return setmetatable({}, { __close = function(_, why) log[#log + 1] = name .. (why and "!" or "") end })
	end
	do local a <close> = closer("a"); local b <close> = closer("b") end
	pcall(function() local c <close> = closer("c"); error("x") end)
	local function early() local d <close> = closer("d"); return "r" end
	equal(early(), "r")
	equal(log, { "b", "a", "c!", "d" })
	fails("attempt to assign to const variable", function() assert(load("local x <const> = 1; x = 2")) end)
end)

test("coroutines", "coroutines pass values both ways, yield across pcall and metamethods, and can be closed", function()
	local co = coroutine.create(function(a, b)
		local c = coroutine.yield(a + b)
		local good, why = pcall(function() coroutine.yield(c * 2); error("inside") end)
		return good, (why:gsub("^.-:%d+: ", ""))
	end)
	equal({ coroutine.resume(co, 1, 2) }, { true, 3 })
	equal({ coroutine.resume(co, 10) }, { true, 20 })
	equal({ coroutine.resume(co) }, { true, false, "inside" })
	equal({ coroutine.resume(co) }, { false, "cannot resume dead coroutine" })
	local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
	equal({ gen(), gen(), gen() }, { 1, 2, 3 })
	local closed = false
	co = coroutine.create(function()
		local x <close> = setmetatable({}, { __close = function() closed = true end })
		coroutine.yield()
	end)
	coroutine.resume(co)
	equal({ coroutine.close(co), closed, coroutine.status(co) }, { true, true, "dead" })
	local t = setmetatable({}, { __index = function(_, key) return coroutine.yield(key) end })
	co = coroutine.wrap(function() return t.asked .. "!" end)
	equal({ co(), co("answer") }, { "asked", "answer!" })
	fails("outside a coroutine", coroutine.yield)
	local many = {}
	for i = 1, 200 do many[i] = coroutine.wrap(function() coroutine.yield(i) end) end
	for i = 1, 200 do equal(many[i](), i) end
end)

test("load", "code is loaded from strings and functions, in an environment, as text or binary", function()
	equal(load("return 1 + 1")(), 2)
	local parts = { "return ", "x" }
	equal(load(function() return table.remove(parts, 1) end, "chunk", "t", { x = 9 })(), 9)
	equal({ load("x =") }, { nil, '[string "x ="]:1: unexpected symbol near <eof>' })
	local f = load(string.dump(function(n) return n * 2 end), "b", "b")
	equal(f(21), 42)
	equal({ load(string.dump(f), "x", "t") }, { nil, "attempt to load a binary chunk (mode is 't')" })
	fails("truncated", function() assert(load(string.dump(f):sub(1, 20), "=b", "b")) end)
	equal({ load(("x"):rep(10) .. "\0") == nil, load("goto nowhere") == nil, load("break") == nil }, { true, true, true })
end)

-- Memory ----------------------------------------------------------------------------------------------------------

test("garbage", "what nobody refers to goes: weak tables empty, finalizers run once, memory comes back", function()
	local weak = setmetatable({}, { __mode = "v" })
	weak[1] = {}; weak[2] = "a string stays"
	local ran = 0
	setmetatable({}, { __gc = function() ran = ran + 1 end })
	local ephemeron = setmetatable({}, { __mode = "k" })
	do local key = {}; ephemeron[key] = { key } end
	collectgarbage(); collectgarbage()
	equal({ weak[1], weak[2], ran, next(ephemeron) }, { nil, "a string stays", 1 })
	weak[1] = nil
	local before = collectgarbage("count")
	local much = {}
	for i = 1, 2000 do much[i] = { i } end
	assert(collectgarbage("count") > before + 20)
	much = nil
	collectgarbage()
	assert(collectgarbage("count") < before + 10)
	equal(collectgarbage("generational"), "incremental")
	for i = 1, 20000 do local _ = { i } end
	equal(collectgarbage("incremental"), "generational")
end)

test("memory_end", "a script that wants more memory than there is gets an error, and goes on", function()
	local good, why = pcall(function()
		local hoard = {}
		for i = 1, 1 << 30 do hoard[i] = ("x"):rep(1 << 16) .. i end
	end)
	equal({ good, why }, { false, "not enough memory" })
	collectgarbage()
	equal(#("y"):rep(100000), 100000)
end)

test("strings_many", "ten thousand strings are found again in a table", function()
	local t = {}
	for i = 1, 10000 do t["key" .. i] = i end
	for i = 1, 10000, 97 do equal(t["key" .. i], i) end
	t = nil
	collectgarbage()
end)

-- The system under it ---------------------------------------------------------------------------------------------

test("os", "os: time and date as calendars have them, clock, environment", function()
	equal(os.time({ year = 2024, month = 2, day = 29, hour = 12 }) - os.time({ year = 2024, month = 2, day = 28, hour = 12 }), 86400)
	equal(os.date("!%Y-%m-%d %H:%M:%S", 86400 * 365), "1971-01-01 00:00:00")
	equal(os.date("!*t", 0).year, 1970)
	assert(os.clock() >= 0)
	equal(os.getenv("NO_SUCH_VARIABLE"), nil)
	equal(os.execute(), false)
	assert(os.time() >= 0)
	fails("field 'day' missing", os.time, { year = 2024, month = 1 })
end)

test("io", "io: standard streams are there, and what cannot be opened says why", function()
	equal(io.type(io.stdout), "file")
	local file, why, number = io.open("/no/such/file")
	equal({ file, why:match("^/no/such/file: ") ~= nil, math.type(number) }, { nil, true, "integer" })
	equal(io.write(""), io.stdout)
	fails("bad argument #2 to 'io.open'", io.open, "x", "what")
	fails("not supported", io.popen, "ls")
end)

test("require", "require finds modules once, preloaded ones too, and says where it looked", function()
	package.preload.given = function(name) return { name = name } end
	equal(require("given").name, "given")
	equal(require("given"), require("given"))
	fails("module 'absent' not found", require, "absent")
	equal(require("nacre"), nacre)
end)

tap.done()
