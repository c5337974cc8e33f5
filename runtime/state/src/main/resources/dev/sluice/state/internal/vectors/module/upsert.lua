-- ARGV: now, space, key, vector (FP32), dimensions, attributes (tags), value, bytes, most bytes, expiry or '', expiry
local key, member = ARGV[3], space .. ARGV[3]
local there, dimensions = redis.call('EXISTS', items .. key), tonumber(ARGV[5])
if size ~= 0 and size ~= dimensions then
  if there == 0 or redis.call('HGET', prefix .. space .. ':n', 'items') ~= '1' then
    return {err = 'DIMENSIONS ' .. size}
  end
end
if there == 1 then remove(member, size == dimensions) end
if size ~= dimensions then
  local created = create(dimensions)
  if created.err then return created end
  redis.call('HSET', prefix .. space .. ':n', 'dimensions', dimensions)
end
redis.call('HINCRBY', prefix .. space .. ':n', 'items', 1)
redis.call('HSET', items .. key, 'v', ARGV[4], 'a', ARGV[6], 'x', ARGV[11], 'd', ARGV[7])
return {1 - there, note(member, ARGV[8], ARGV[9], ARGV[10], remove)}
