while true do nacre.sleep(1000000) end  -- endless.lua - never ends by itself
