-- server.lua - the server that binding.lua asks: published as test/lua.
local argument = ...
local mailbox = assert(nacre.server())
local connection = assert(nacre.mint(mailbox, 1, 4))
assert(nacre.publish("test/lua", connection, "shared") == 0)

local sent, waiting = 0, {}

-- Words twice as large.
local function double(request)
	for i, word in ipairs(request.words) do request.words[i] = word * 2 end
	return 0, request.words
end

-- The ID of the handle that came, and the handle itself.
local function mirror(request)
	local handle = request.handles[1]
	return 0, { #request.handles }, handle:id(), { handle }
end

-- Answered by the alarm.
local function later(request)
	waiting[#waiting + 1] = { token = request.token, ns = request.words[1] }
	return nacre.LATER
end

local server = { server = mailbox, protocol = 0x6c756121, version = 1 << 16, buffer = 1024 }

server.methods = {
	[2] = function(request)
		for _, word in ipairs(request.words) do
			if word < 0 or word > 0x7fffffff then return 0, request.words end
		end
		return double(request)
	end,
	[3] = { bytes = { 1, 1024 }, room = true, handle = function(request) return nil, nil, request.bytes:reverse() end },
	[4] = { handles = { 1, 1 }, room = true, handle = mirror },
	[5] = function() error("on purpose") end,
	[6] = function() return nacre.status.NOT_FOUND end,
	[7] = later,
	[8] = { send = true, handle = function(request) sent = sent + request.words[1] end },
	[9] = function() return 0, { sent } end,
	[10] = { room = true, handle = function() return 0, nil, argument .. ", " .. os.getenv("GIVEN") end },
	[11] = function() nacre.stop() end,
}

-- Every millisecond: answers those who have waited long enough.
function server.alarm()
	for i = #waiting, 1, -1 do
		waiting[i].left = (waiting[i].left or waiting[i].ns) - 1000000
		if waiting[i].left <= 0 then
			nacre.answer(waiting[i].token, 0, { waiting[i].ns })
			table.remove(waiting, i)
		end
	end
	return nacre.clock() + 1000000
end
server.deadline = nacre.clock() + 1000000

assert(nacre.serve(server) == 0)
