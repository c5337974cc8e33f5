-- ARGV: now, space, key, vector (FP32), dimensions, attributes (JSON), value, bytes, most bytes, expiry or ''
local key, member = ARGV[3], space .. ARGV[3]
local there = redis.call('HEXISTS', data, key)
if there == 1 and redis.call('HLEN', data) == 1 then size = 0; remove(member) end
if size ~= 0 and size ~= tonumber(ARGV[5]) then return {err = 'DIMENSIONS ' .. size} end
if there == 1 then remove(member) end
redis.call('VADD', set, 'FP32', ARGV[4], key, 'NOQUANT', 'SETATTR', ARGV[6], 'M', 16)
redis.call('HSET', data, key, ARGV[7])
redis.call('ZADD', prefix .. ':u', now, member)
redis.call('HSET', prefix .. ':z', member, ARGV[8])
if ARGV[10] ~= '' then redis.call('ZADD', prefix .. ':x', ARGV[10], member) end
local total, evicted = redis.call('INCRBY', prefix .. ':t', ARGV[8]), 0
while total > tonumber(ARGV[9]) do
  local oldest = redis.call('ZRANGE', prefix .. ':u', 0, 0)[1]
  if not oldest or oldest == member then break end
  remove(oldest)
  evicted = evicted + 1
  total = tonumber(redis.call('GET', prefix .. ':t'))
end
return {1 - there, evicted}
