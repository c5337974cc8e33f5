-- Items of one owner, whatever holds their vectors. KEYS[1] begins the names of its keys: <prefix>:x orders members by
-- expiry, :u by use, :z holds their sizes, :t the sum. A member is the space (16 digits) and the key.
local prefix, now, space = KEYS[1], tonumber(ARGV[1]), ARGV[2]

local function forget(member)
  redis.call('ZREM', prefix .. ':x', member)
  redis.call('ZREM', prefix .. ':u', member)
  local size = redis.call('HGET', prefix .. ':z', member)
  if size then
    redis.call('HDEL', prefix .. ':z', member)
    redis.call('DECRBY', prefix .. ':t', size)
  end
end

-- Removes what has expired, a hundred at a time.
local function expire(remove)
  for _, member in ipairs(redis.call('ZRANGE', prefix .. ':x', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
    remove(member)
  end
end

-- Notes a member and removes those unused for longest while all take too many bytes; answers how many. Expiry may be ''.
local function note(member, bytes, most, expiry, remove)
  redis.call('ZADD', prefix .. ':u', now, member)
  redis.call('HSET', prefix .. ':z', member, bytes)
  if expiry ~= '' then redis.call('ZADD', prefix .. ':x', expiry, member) end
  local total, evicted = redis.call('INCRBY', prefix .. ':t', bytes), 0
  while total > tonumber(most) do
    local oldest = redis.call('ZRANGE', prefix .. ':u', 0, 0)[1]
    if not oldest or oldest == member then break end
    remove(oldest)
    evicted = evicted + 1
    total = tonumber(redis.call('GET', prefix .. ':t'))
  end
  return evicted
end
