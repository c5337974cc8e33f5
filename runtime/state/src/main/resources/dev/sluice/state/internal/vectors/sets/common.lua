-- Further keys: <prefix><space>:s is the vector set of a namespace, :d the values by key.

local function remove(member)
  local at, key = prefix .. string.sub(member, 1, 16), string.sub(member, 17)
  redis.call('VREM', at .. ':s', key)
  redis.call('HDEL', at .. ':d', key)
  forget(member)
end

expire(remove)

local set, data = prefix .. space .. ':s', prefix .. space .. ':d'
local size = redis.call('EXISTS', set) == 1 and redis.call('VDIM', set) or 0
