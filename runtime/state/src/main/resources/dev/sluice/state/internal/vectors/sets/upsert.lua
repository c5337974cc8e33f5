-- ARGV: now, space, key, vector (FP32), dimensions, attributes (JSON), value, bytes, most bytes, expiry or ''
local key, member = ARGV[3], space .. ARGV[3]
local there = redis.call('HEXISTS', data, key)
if there == 1 and redis.call('HLEN', data) == 1 then size = 0; remove(member) end
if size ~= 0 and size ~= tonumber(ARGV[5]) then return {err = 'DIMENSIONS ' .. size} end
if there == 1 then remove(member) end
redis.call('VADD', set, 'FP32', ARGV[4], key, 'NOQUANT', 'SETATTR', ARGV[6], 'M', 16)
redis.call('HSET', data, key, ARGV[7])
return {1 - there, note(member, ARGV[8], ARGV[9], ARGV[10], remove)}
