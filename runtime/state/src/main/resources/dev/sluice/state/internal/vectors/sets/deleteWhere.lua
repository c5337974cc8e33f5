-- ARGV: now, space, cursor, then names and values that must be equal; answers the next cursor and how many were deleted
local page = redis.call('HSCAN', data, ARGV[3], 'COUNT', 200, 'NOVALUES')
local deleted = 0
for _, key in ipairs(page[2]) do
  local attributes, equal = cjson.decode(redis.call('VGETATTR', set, key) or '{}'), true
  for i = 4, #ARGV, 2 do
    if attributes[ARGV[i]] ~= ARGV[i + 1] then equal = false end
  end
  if equal then
    remove(space .. key)
    deleted = deleted + 1
  end
end
return {page[1], deleted}
