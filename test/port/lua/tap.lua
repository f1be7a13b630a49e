-- tap.lua - tests of a script, told as TAP: test("name", "sentence", function) ..., then done().
local tap = { number = 0, failed = 0 }

function tap.test(name, _, body)
	tap.number = tap.number + 1
	local good, why = xpcall(body, debug.traceback)
	if not good then
		tap.failed = tap.failed + 1
	end
	print((good and "ok" or "not ok") .. " " .. tap.number .. " - " .. name ..
	      (good and "" or " # " .. tostring(why):gsub("\n%s*", " | ")))
end

-- Both the same, by value; tables are compared by what is in them.
local function same(one, two)
	if type(one) ~= "table" or type(two) ~= "table" then
		return one == two and math.type(one) == math.type(two)
	end
	for key, value in pairs(one) do
		if not same(value, two[key]) then return false end
	end
	for key in pairs(two) do
		if one[key] == nil then return false end
	end
	return true
end

local function show(value)
	if type(value) ~= "table" then return string.format("%q", value):gsub("\\\n", "\\n") .. "" end
	local parts = {}
	for key, each in pairs(value) do parts[#parts + 1] = tostring(key) .. "=" .. show(each) end
	return "{" .. table.concat(parts, ", ") .. "}"
end

function tap.equal(got, wanted)
	if not same(got, wanted) then
		error("got " .. tostring(show(got)) .. ", wanted " .. tostring(show(wanted)), 2)
	end
end

-- The function raises an error whose text matches.
function tap.fails(pattern, body, ...)
	local good, why = pcall(body, ...)
	if good then error("no error came, wanted " .. pattern, 2) end
	if not tostring(why):find(pattern) then error("the error was " .. tostring(why) .. ", wanted " .. pattern, 2) end
end

function tap.done()
	print("1.." .. tap.number)
	os.exit(tap.failed == 0 and 0 or 1, true)
end

return tap
