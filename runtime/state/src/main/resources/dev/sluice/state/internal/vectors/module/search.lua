-- ARGV: now, space, vector (FP32), dimensions, k, filter or ''; answers key, score (0 to 1), value, and so on
if size == 0 then return {} end
if size ~= tonumber(ARGV[4]) then return {err = 'DIMENSIONS ' .. size} end
local filter, parameters = ARGV[6], {'k', ARGV[5], 'q', ARGV[3]}
-- What has expired is gone, unless more than a hundred did since the last call.
if redis.call('ZCOUNT', prefix .. ':x', '-inf', now) > 0 then filter = '@x:[(' .. ARGV[1] .. ' +inf] ' .. filter end
local how
if tonumber(redis.call('HGET', prefix .. space .. ':n', 'items')) <= 2000 then
  -- So few are compared one by one, which is exact, as fast, and known to the server for what is filtered only.
  if filter == '' then filter = '@x:[-inf +inf]' end
  how = 'HYBRID_POLICY ADHOC_BF'
else
  how = 'EF_RUNTIME $ef'
  parameters[5], parameters[6] = 'ef', math.max(200, 2 * tonumber(ARGV[5]))
end
filter = filter == '' and '*' or '(' .. filter .. ')'
local arguments = {'PARAMS', #parameters}
for _, each in ipairs(parameters) do arguments[#arguments + 1] = each end
for _, each in ipairs({'SORTBY', 's', 'LIMIT', 0, ARGV[5], 'RETURN', 1, 's', 'DIALECT', 2}) do
  arguments[#arguments + 1] = each
end
local found = find(filter .. '=>[KNN $k @v $q ' .. how .. ' AS s]', unpack(arguments))
if found.err then return found end
local answer = {}
for i = 2, #found, 2 do
  local key, value = string.sub(found[i], #items + 1), redis.call('HGET', found[i], 'd')
  if value then
    redis.call('ZADD', prefix .. ':u', now, space .. key)
    answer[#answer + 1] = key
    -- The server tells the distance, 0 to 2.
    answer[#answer + 1] = string.format('%.9f', 1 - tonumber(found[i + 1][2]) / 2)
    answer[#answer + 1] = value
  end
end
return answer
