-- Further keys: <prefix><space>:i is the index of a namespace, :n says how many dimensions it has and how many items,
-- :h:<key> is the hash of an item: vector v, attributes a, expiry x, value d.

-- An index that is to be filled again at once is kept.
local function remove(member, keep)
  local at = prefix .. string.sub(member, 1, 16)
  if redis.call('DEL', at .. ':h:' .. string.sub(member, 17)) == 1
    and redis.call('HINCRBY', at .. ':n', 'items', -1) == 0 and not keep then
    redis.call('DEL', at .. ':n')
    redis.pcall('FT.DROPINDEX', at .. ':i')
  end
  forget(member)
end

expire(remove)

local items, index = prefix .. space .. ':h:', prefix .. space .. ':i'
local size = tonumber(redis.call('HGET', prefix .. space .. ':n', 'dimensions') or 0)

-- An index that somebody has dropped is made again; the server fills it by and by.
local function create(dimensions)
  return redis.pcall('FT.CREATE', index, 'ON', 'HASH', 'PREFIX', 1, items, 'STOPWORDS', 0, 'NOOFFSETS', 'NOHL', 'NOFREQS',
    'SCHEMA', 'v', 'VECTOR', 'HNSW', 10, 'TYPE', 'FLOAT32', 'DIM', dimensions, 'DISTANCE_METRIC', 'COSINE', 'M', 16,
    'EF_CONSTRUCTION', 200, 'a', 'TAG', 'SEPARATOR', ',', 'CASESENSITIVE', 'x', 'NUMERIC')
end

local function find(query, ...)
  local found = redis.pcall('FT.SEARCH', index, query, ...)
  if not found.err then return found end
  if redis.pcall('FT.INFO', index).err then
    create(size)
    found = redis.pcall('FT.SEARCH', index, query, ...)
  end
  return found
end
