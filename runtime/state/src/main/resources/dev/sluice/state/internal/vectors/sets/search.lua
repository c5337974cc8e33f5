-- ARGV: now, space, vector (FP32), dimensions, k, filter; answers key, score (0 to 1), value, and so on
if size == 0 then return {} end
if size ~= tonumber(ARGV[4]) then return {err = 'DIMENSIONS ' .. size} end
local found = redis.call('VSIM', set, 'FP32', ARGV[3], 'WITHSCORES', 'COUNT', ARGV[5],
  'EF', math.max(200, 2 * tonumber(ARGV[5])), 'FILTER', ARGV[6], 'FILTER-EF', 10000)
local answer = {}
for i = 1, #found, 2 do
  local value = redis.call('HGET', data, found[i])
  if value then
    redis.call('ZADD', prefix .. ':u', now, space .. found[i])
    answer[#answer + 1] = found[i]
    answer[#answer + 1] = found[i + 1]
    answer[#answer + 1] = value
  end
end
return answer
