-- binding.lua - the library `nacre`: handles, messages, names, time, programs, and a server in Lua, asked by this script
-- and run by a second process of the same program (script server.lua).
local tap = require("tap")
local test, equal, fails = tap.test, tap.equal, tap.fails
local OK, METHOD, MALFORMED, NOT_FOUND = 0, nacre.status.METHOD, nacre.status.MALFORMED, nacre.status.NOT_FOUND
local RNG_BYTES = 2

local process = assert(nacre.start("test-lua", { "server", "one argument" }, { GIVEN = "by the parent" }))
local server = assert(nacre.connect("test/lua"))

-- Errors and handles ----------------------------------------------------------------------------------------------

test("status", "statuses have numbers, names and sentences", function()
	equal({ nacre.status.OK, METHOD, nacre.name(METHOD) }, { 0, 64, "METHOD" })
	equal(nacre.sentence(NOT_FOUND), "there is nothing of that name or number")
	assert(#nacre.sentence(99999) > 0)
end)

test("handles", "a closed handle is an error of the script, and so is a value that is none", function()
	local connection <close> = assert(nacre.connect("svc/rng"))
	assert(tostring(connection):match("^handle "))
	equal(#connection:id(), 32)
	connection:close()
	connection:close()
	equal(tostring(connection), "closed handle")
	fails("this handle was closed", connection.call, connection, 2)
	fails("nacre.handle expected", connection.call, io.stdout, 2)
	fails("nacre.handle expected", connection.close, {})
	equal({ nacre.handle("no such") }, { nil, nacre.sentence(NOT_FOUND), NOT_FOUND })
	assert(nacre.handle("process"):id() ~= nacre.handle("budget"):id())
end)

test("handles_collected", "five thousand connections that nobody keeps do not use up anything", function()
	for _ = 1, 5000 do assert(nacre.connect("svc/rng")) end
end)

-- Names -----------------------------------------------------------------------------------------------------------

test("names", "a script sees the names of its manifest and connects to these alone", function()
	local names = assert(nacre.names())
	equal({ names["svc/rng"], names["test/lua"], names["dev/power"] }, { "shared", "shared", nil })
	equal({ nacre.connect("dev/power") }, { nil, nacre.sentence(NOT_FOUND), NOT_FOUND })
	equal(select(3, nacre.connect("")), MALFORMED)
	equal(select(3, nacre.connect("test/never", "now")), nacre.status.NOT_READY)
	fails("invalid option", nacre.connect, "svc/rng", "maybe")
	equal(nacre.publish("svc/rng", server), nacre.status.DENIED)
end)

-- Messages to a server of the system --------------------------------------------------------------------------------

test("call", "a call answers a status, five words, and bytes where room was given", function()
	local rng <close> = assert(nacre.connect("svc/rng"))
	local status, words, bytes = rng:call(RNG_BYTES, 0, 0, 0, 0, 0, nil, 32)
	equal({ status, #words, #bytes }, { OK, 5, 32 })
	equal({ rng:call(0) }, { OK, { 0x726e6720, 1 << 16 | 1, 0, 0, 0 }, nil }) -- version 1.1
	equal((rng:call(RNG_BYTES)), MALFORMED)
	equal((rng:call(200)), METHOD)
end)

test("hostile", "what no message can carry is an error of the script", function()
	fails("more bytes than a message", server.call, server, 2, 0, 0, 0, 0, 0, ("x"):rep(65537))
	fails("more room than an answer", server.call, server, 2, 0, 0, 0, 0, 0, nil, 65537)
	fails("more room than an answer", server.call, server, 2, 0, 0, 0, 0, 0, nil, -1)
	fails("number has no integer representation", server.call, server, 2, 1.5)
	fails("handle expected", server.ask, server, { opcode = 2, handles = { 1 } })
	fails("more handles than a message", server.ask, server, { opcode = 2, handles = { server, server, server, server, server } })
	fails("more handles than an answer", server.ask, server, { opcode = 2, accept = 5 })
	fails("table expected", server.ask, server, { opcode = 2, words = 7 })
	if math.ult(0xffffffff, (select(2, server:call(2, -1)))[1]) == false then -- words of 32 bits
		fails("a word of this machine has 32 bits", server.call, server, 2, 1 << 32)
	end
end)

-- Messages to the server in Lua -------------------------------------------------------------------------------------

test("served_words", "the server in Lua answers words: all of them, and integers of the machine's width", function()
	local status, words = server:call(2, 1, 2, 3, 4, 5)
	equal({ status, words }, { OK, { 2, 4, 6, 8, 10 } })
	equal(select(2, server:call(0))[1], 0x6c756121)
end)

test("served_bytes", "bytes go there and back, of any value, up to the room that was given", function()
	local all = {}
	for i = 0, 255 do all[#all + 1] = string.char(i) end
	local text = table.concat(all)
	local status, _, bytes = server:call(3, 0, 0, 0, 0, 0, text, 1000)
	equal({ status, bytes }, { OK, text:reverse() })
	equal(select(3, server:call(3, 0, 0, 0, 0, 0, "abcdef", 2)), "fe")
	equal((server:call(3, 0, 0, 0, 0, 0, ("x"):rep(1025), 10)), nacre.status.TOO_LONG)
	equal((server:call(3)), MALFORMED)
end)

test("served_handles", "a handle goes to the server, and another comes back", function()
	local rng <close> = assert(nacre.connect("svc/rng"))
	local status, words, bytes, handles = server:ask{ opcode = 4, handles = { rng }, accept = 2, room = 64 }
	equal({ status, words[1], bytes, #handles }, { OK, 1, rng:id(), 1 })
	equal((handles[1]:call(RNG_BYTES, 0, 0, 0, 0, 0, nil, 4)), OK)
	equal(handles[1]:id(), rng:id())
	equal((server:ask{ opcode = 4, accept = 1 }), MALFORMED)
end)

test("served_errors", "a handler that raises an error answers MALFORMED, and the server lives", function()
	equal((server:call(5)), MALFORMED)
	equal((server:call(5)), MALFORMED)
	equal((server:call(6)), NOT_FOUND)
	equal((server:call(2)), OK)
end)

test("served_later", "a handler may answer later, while others are served", function()
	local before = nacre.clock()
	local status, words = server:call(7, 5000000)
	equal({ status, words[1] }, { OK, 5000000 })
	assert(nacre.clock() - before >= 5000000)
end)

test("served_send", "a send is served without an answer", function()
	local status = server:send(8, 40)
	equal(status == OK or status == nacre.status.WOULD_BLOCK, true)
	local _, words = server:call(9)
	equal(words[1], status == OK and 40 or 0)
end)

test("served_environment", "the program that was started got its arguments and its environment", function()
	equal(select(3, server:call(10, 0, 0, 0, 0, 0, nil, 100)), "one argument, by the parent")
end)

test("serve_hostile", "nacre.serve refuses what describes no server", function()
	local mailbox <close> = assert(nacre.server())
	fails("table of methods", nacre.serve, { server = mailbox })
	fails("nacre.handle expected", nacre.serve, { methods = {} })
	fails("numbered from 1 to 255", nacre.serve, { server = mailbox, methods = { [0] = print } })
	fails("must be {least, most}", nacre.serve, { server = mailbox, methods = { [2] = { handle = print, bytes = { 5, 1 } } } })
	fails("buffer", nacre.serve, { server = mailbox, methods = {}, buffer = 1 << 20 })
	fails("nothing is being served", nacre.stop)
end)

-- Time --------------------------------------------------------------------------------------------------------------

test("clock", "the clock counts nanoseconds, and waiting takes as long as was said", function()
	local start = nacre.clock()
	nacre.sleep_until(start + 3000000)
	nacre.sleep(2000000)
	nacre.sleep_until(0)
	nacre.sleep(-1)
	assert(nacre.clock() - start >= 5000000)
	local wall = assert(nacre.wall())
	assert(math.abs(wall // 1000000000 - os.time()) <= 1)
end)

test("alarm", "an alarm signals bits when its time has come, and none that was cancelled", function()
	local mailbox <close> = assert(nacre.server())
	local bell <close> = assert(nacre.mint(mailbox, 7))
	local start = nacre.clock()
	assert(nacre.alarm(start + 2000000, bell, 0x5))
	equal({ nacre.receive(mailbox, start + 1000000000) }, { 7, 5 })
	assert(nacre.clock() >= start + 2000000)
	local number = assert(nacre.alarm(nacre.clock() + 1000000000, bell, 1))
	equal({ nacre.alarm_cancel(number), nacre.alarm_cancel(number) }, { OK, NOT_FOUND })
	equal(select(3, nacre.receive(mailbox, nacre.clock() + 2000000000)), nacre.status.TIMEOUT)
	equal(bell:signal(2), OK)
	equal({ nacre.receive(mailbox) }, { 7, 2 })
end)

-- Programs ----------------------------------------------------------------------------------------------------------

test("programs", "a program is started, waited for, and its end told", function()
	local number = assert(nacre.start("test-lua", { "ending", "42" }))
	equal({ nacre.wait(number) }, { "exit", 42 })
	equal(select(3, nacre.wait(number)), NOT_FOUND)
	equal({ nacre.wait(assert(nacre.start("test-lua", { "no such script" }))) }, { "exit", 2 })
	equal(select(3, nacre.start("no-such-program")), NOT_FOUND)
	equal((nacre.wait(assert(nacre.start("crash", { "null" })))), "write")
	fails("longer than %d+ bytes", nacre.start, "hello", { ("x"):rep(3000) })
end)

test("kill", "a program is killed, and those who waited for its answer are told", function()
	local number = assert(nacre.start("test-lua", { "endless" }))
	equal({ nacre.kill(number, 9), (nacre.wait(number)) }, { OK, "killed" })
	equal(nacre.kill(number), NOT_FOUND)
end)

test("log", "a line goes to the log", function()
	nacre.log("info", "binding.lua was here")
	fails("invalid option", nacre.log, "loud", "x")
end)

test("stop", "nacre.stop answers the last caller and ends the server", function()
	equal({ (server:call(11)), nacre.wait(process) }, { OK, "exit", 0 })
	equal((server:call(2)), nacre.status.PEER_GONE)
end)

tap.done()
