-- ARGV: now, space, cursor, filter or ''; answers the next cursor and how many were deleted
if size == 0 then return {'0', 0} end
local found = find(ARGV[4] == '' and '*' or ARGV[4], 'NOCONTENT', 'LIMIT', 0, 200, 'DIALECT', 2)
if found.err then return found end
for i = 2, #found do
  remove(space .. string.sub(found[i], #items + 1))
end
return {#found > 200 and '1' or '0', #found - 1}
