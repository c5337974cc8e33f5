-- Values of one owner. KEYS[1] begins the names of its keys: :d holds the values behind their versions, :x orders keys by
-- expiry, :u by use, :z holds sizes, :t their sum, :n the last number given to a version or lock; :l:<key> is a lock.
-- ARGV: what to do, the key, and what that needs.
local prefix, what, key = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)

local function int(number) return string.format('%.0f', number) end

-- Above every number given before, by a server that lost its data too.
local function number()
  local next = math.max((tonumber(redis.call('GET', prefix .. ':n')) or 0) + 1, micros)
  redis.call('SET', prefix .. ':n', int(next))
  return int(next)
end

local function remove(name)
  local size = redis.call('HGET', prefix .. ':z', name)
  if not size then
    return 0
  end
  redis.call('HDEL', prefix .. ':z', name)
  redis.call('HDEL', prefix .. ':d', name)
  redis.call('ZREM', prefix .. ':x', name)
  redis.call('ZREM', prefix .. ':u', name)
  redis.call('DECRBY', prefix .. ':t', size)
  return 1
end

-- What has expired goes, a hundred at a time.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', prefix .. ':x', '-inf', int(now), 'LIMIT', 0, 100)) do
  remove(name)
end

local function find()
  local ends = redis.call('ZSCORE', prefix .. ':x', key)
  if ends and tonumber(ends) <= now then
    remove(key)
  end
  local kept = redis.call('HGET', prefix .. ':d', key)
  if not kept then
    return nil, '0'
  end
  local at = string.find(kept, ':', 1, true)
  return string.sub(kept, at + 1), string.sub(kept, 1, at - 1)
end

local function put(value, ttl, size, most)
  remove(key)
  local version = number()
  redis.call('HSET', prefix .. ':d', key, version .. ':' .. value)
  redis.call('HSET', prefix .. ':z', key, size)
  redis.call('ZADD', prefix .. ':u', int(micros), key)
  if tonumber(ttl) > 0 then
    redis.call('ZADD', prefix .. ':x', int(now + ttl), key)
  end
  local sum = redis.call('INCRBY', prefix .. ':t', size)
  while sum > tonumber(most) do
    local least = redis.call('ZRANGE', prefix .. ':u', 0, 1)
    remove(least[1] == key and least[2] or least[1])
    sum = tonumber(redis.call('GET', prefix .. ':t'))
  end
  return version
end

if what == 'get' then
  local value, version = find()
  if not value then
    return {}
  end
  redis.call('ZADD', prefix .. ':u', int(micros), key)
  return {version, value}
elseif what == 'set' then
  return {put(ARGV[3], ARGV[4], ARGV[5], ARGV[6])}
elseif what == 'cas' then
  local _, version = find()
  if version ~= ARGV[7] then
    return {'0', version}
  end
  return {put(ARGV[3], ARGV[4], ARGV[5], ARGV[6])}
elseif what == 'delete' then
  find()
  return {int(remove(key))}
elseif what == 'lock' then
  local name = prefix .. ':l:' .. key
  if redis.call('EXISTS', name) == 1 then
    return {}
  end
  local fence = number()
  redis.call('SET', name, fence, 'PX', ARGV[3])
  return {fence}
elseif what == 'unlock' then
  local name = prefix .. ':l:' .. key
  if redis.call('GET', name) == ARGV[3] then
    redis.call('DEL', name)
    return {'1'}
  end
  return {'0'}
end
