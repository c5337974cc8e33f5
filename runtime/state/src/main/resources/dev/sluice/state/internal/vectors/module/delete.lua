-- ARGV: now, space, key
local there = redis.call('EXISTS', items .. ARGV[3])
if there == 1 then remove(space .. ARGV[3]) end
return there
