-- Items of one owner. KEYS[1] begins the names of its keys: <prefix><space>:s is the vector set of a namespace, :d the
-- values by key; <prefix>:x orders members by expiry, :u by use, :z holds their sizes, :t the sum. A member is the space
-- (16 digits) and the key.
local prefix, now = KEYS[1], tonumber(ARGV[1])

local function remove(member)
  local space, key = string.sub(member, 1, 16), string.sub(member, 17)
  redis.call('VREM', prefix .. space .. ':s', key)
  redis.call('HDEL', prefix .. space .. ':d', key)
  redis.call('ZREM', prefix .. ':x', member)
  redis.call('ZREM', prefix .. ':u', member)
  local size = redis.call('HGET', prefix .. ':z', member)
  if size then
    redis.call('HDEL', prefix .. ':z', member)
    redis.call('DECRBY', prefix .. ':t', size)
  end
end

-- Removes what has expired, a hundred at a time.
for _, member in ipairs(redis.call('ZRANGE', prefix .. ':x', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  remove(member)
end

local space = ARGV[2]
local set, data = prefix .. space .. ':s', prefix .. space .. ':d'
local size = redis.call('EXISTS', set) == 1 and redis.call('VDIM', set) or 0
