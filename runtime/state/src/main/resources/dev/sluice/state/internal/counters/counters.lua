-- Counters whose keys share a slot. KEYS are the counters and, where one is meant, behind them the record of a
-- reservation: when it ends, what it took, and where each counter counted it. ARGV: what to do, the amount, a time in
-- milliseconds (reserve, undo: how long; settle: until when it was open, 0 when it may have been settled before), the
-- reservation's name; then for each counter its kind, two parameters and the amount of the limit. Answers whether it was
-- done, the time, and for each counter what is left and when it renews itself.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local what, amount, expiry, name = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local count = (#ARGV - 4) / 4
local record = KEYS[count + 1]
local most = 9007199254740992

local function int(number) return string.format('%.0f', number) end

-- A calendar unit: of one length, shifted by the offset of the time zone, or between given moments.
local function fixed(key, unit, offset)
  local kept = redis.call('HMGET', key, 's', 'e', 'u')
  local cell = {s = tonumber(kept[1]), e = tonumber(kept[2]), used = tonumber(kept[3])}
  if not cell.e or now >= cell.e then
    cell.used = 0
    if tonumber(unit) then
      cell.s = math.floor((now + offset) / unit) * unit - offset
      cell.e = cell.s + unit
    else
      cell.s, cell.e = now, nil
      for moment in string.gmatch(unit, '%-?%d+') do
        moment = tonumber(moment)
        if moment <= now then
          cell.s = moment
        elseif not cell.e then
          cell.e = moment
        end
      end
      cell.e = cell.e or now + 1000 -- the clocks of gateway and server differ by more than a unit
    end
  end
  return {
    used = function() return cell.used end,
    plus = function(n) cell.used = math.min(most, cell.used + n) end,
    minus = function(n, stamp) if stamp == cell.s then cell.used = math.max(0, cell.used - n) end end,
    stamp = function() return cell.s end,
    renews = function() return cell.e end,
    keep = function()
      redis.call('HSET', key, 's', int(cell.s), 'e', int(cell.e), 'u', int(cell.used))
      redis.call('PEXPIREAT', key, int(cell.e))
    end
  }
end

-- Two buckets: what is in the one before counts as far as the last stretch of time reaches into it.
local function sliding(key, length)
  length = tonumber(length)
  local kept = redis.call('HMGET', key, 'i', 'u', 'b')
  local at, used, before = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3])
  local current = math.floor(now / length)
  if not at then
    at, used, before = current, 0, 0
  elseif current > at then
    before = current == at + 1 and used or 0
    at, used = current, 0
  end
  return {
    used = function()
      local elapsed = math.max(0, math.min(length, now - at * length))
      return used + math.ceil(before * (length - elapsed) / length)
    end,
    plus = function(n) used = math.min(most, used + n) end,
    minus = function(n, stamp)
      if stamp == at then
        used = math.max(0, used - n)
      elseif stamp == at - 1 then
        before = math.max(0, before - n)
      end
    end,
    stamp = function() return at end,
    renews = function() return (at + 1) * length end,
    keep = function()
      redis.call('HSET', key, 'i', int(at), 'u', int(used), 'b', int(before))
      redis.call('PEXPIREAT', key, int((at + 2) * length))
    end
  }
end

-- What was used and has not been refilled, as of a time.
local function bucket(key, rate)
  rate = tonumber(rate)
  local kept = redis.call('HMGET', key, 'u', 't')
  local used, since = tonumber(kept[1]) or 0, tonumber(kept[2]) or now
  if now > since then
    used = math.max(0, used - rate * (now - since) / 1000)
    since = now
  end
  local function over() return since + math.ceil(used * 1000 / rate) end
  return {
    used = function() return math.ceil(used - 1e-9) end,
    plus = function(n) used = math.min(most, used + n) end,
    minus = function(n) used = math.max(0, used - n) end,
    stamp = function() return 0 end,
    renews = over,
    keep = function()
      redis.call('HSET', key, 'u', string.format('%.17g', used), 't', int(since))
      redis.call('PEXPIREAT', key, int(math.min(now + 34560000000, over() + 1)))
    end
  }
end

-- Slots by when they free themselves.
local function slots(key, _, longest)
  local open = '(' .. int(now)
  return {
    used = function() return redis.call('ZCOUNT', key, open, '+inf') end,
    plus = function() redis.call('ZADD', key, int(math.min(now + expiry, now + longest)), name) end,
    minus = function() redis.call('ZREM', key, name) end,
    stamp = function() return 0 end,
    renews = function()
      local first = redis.call('ZRANGEBYSCORE', key, open, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
      return first[2] and tonumber(first[2]) or now
    end,
    keep = function()
      redis.call('ZREMRANGEBYSCORE', key, '-inf', int(now))
      local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
      if last[2] then
        redis.call('PEXPIREAT', key, last[2])
      end
    end
  }
end

local kinds = {f = fixed, s = sliding, b = bucket, n = slots}

local cells, limits, isSlots = {}, {}, {}
for i = 1, count do
  local at = 4 + (i - 1) * 4
  local kind = ARGV[at + 1]
  cells[i] = kinds[kind](KEYS[i], ARGV[at + 2], tonumber(ARGV[at + 3]))
  limits[i], isSlots[i] = tonumber(ARGV[at + 4]), kind == 'n'
end

local function reserve()
  for i, cell in ipairs(cells) do
    if limits[i] - cell.used() < (isSlots[i] and 1 or amount) then
      return 0
    end
  end
  -- Somebody who heard no answer may have undone it before it came.
  if redis.call('EXISTS', record) == 1 then
    return 0
  end
  local kept = {int(now + expiry), int(amount)}
  for i, cell in ipairs(cells) do
    cell.plus(amount)
    cell.keep()
    kept[i + 2] = int(cell.stamp())
  end
  redis.call('SET', record, table.concat(kept, ','), 'PXAT', kept[1])
  return 1
end

local function settle(kept)
  local reserved, stamps = 0, {}
  if kept then
    for number in string.gmatch(kept, '%-?%d+') do
      stamps[#stamps + 1] = tonumber(number)
    end
    if now >= stamps[1] then
      return 0
    end
    reserved = stamps[2]
    redis.call('DEL', record)
  elseif now >= expiry then
    return 0
  end
  -- Where a server that lost its data is asked, nothing is reserved, and all of it is to be counted.
  for i, cell in ipairs(cells) do
    if isSlots[i] then
      cell.minus()
      cell.keep()
    elseif amount < reserved then
      cell.minus(reserved - amount, stamps[i + 2])
      cell.keep()
    elseif amount > reserved then
      cell.plus(amount - reserved)
      cell.keep()
    end
  end
  return 1
end

local done = 1
if what == 'add' then
  for i, cell in ipairs(cells) do
    cell.plus(amount)
    cell.keep()
  end
elseif what == 'reserve' then
  done = reserve()
elseif what == 'settle' then
  done = settle(redis.call('GET', record))
elseif what == 'undo' then
  local kept = redis.call('GET', record)
  if kept and kept ~= '' then
    done = settle(kept)
  elseif not kept then
    redis.call('SET', record, '', 'PXAT', int(now + expiry))
  end
end

local answer = {done, now}
for i, cell in ipairs(cells) do
  answer[#answer + 1] = limits[i] - cell.used()
  answer[#answer + 1] = cell.renews()
end
return answer
