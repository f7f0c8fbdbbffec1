-- Takes the callback that has waited longest among those whose wished time has come.
--
-- KEYS  1 epoch    exists while the index is whole
--       2 later    sorted set: id by due time (ms)
--       3 entries  hash: id -> "<arrival ms> <queue>"
--       4 in_hand  sorted set: id by the time (ms) a taker must have told the database
--       5 queues   set of queue names
-- ARGV  1 prefix of the lines (a sorted set for each queue: id by arrival)
--       2 now (ms)   3 time in hand (ms)   4… queues to take from (none: all)
--
-- Returns {"lost"}, {"empty"} or {"taken", id}.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {'lost'}
end

local now = tonumber(ARGV[2])

local function line_up(source)
  repeat
    local ids = redis.call('ZRANGEBYSCORE', source, '-inf', now, 'LIMIT', 0, 1000)
    for _, id in ipairs(ids) do
      redis.call('ZREM', source, id)
      local entry = redis.call('HGET', KEYS[3], id)
      if entry then
        local arrival, queue = string.match(entry, '^(%d+) (.+)$')
        redis.call('ZADD', ARGV[1] .. queue, arrival, id)
        redis.call('SADD', KEYS[5], queue)
      end
    end
  until #ids < 1000
end

line_up(KEYS[4]) -- whoever took these never told the database: back to their place
line_up(KEYS[2]) -- their time has come

local queues = {}
if #ARGV > 3 then
  for i = 4, #ARGV do queues[#queues + 1] = ARGV[i] end
else
  queues = redis.call('SMEMBERS', KEYS[5])
end

local best, best_score, best_queue
for _, queue in ipairs(queues) do
  local head = redis.call('ZRANGE', ARGV[1] .. queue, 0, 0, 'WITHSCORES')
  if #head > 0 then
    local score = tonumber(head[2])
    if not best or score < best_score or (score == best_score and head[1] < best) then
      best, best_score, best_queue = head[1], score, queue
    end
  end
end

if not best then
  return {'empty'}
end
redis.call('ZREM', ARGV[1] .. best_queue, best)
redis.call('ZADD', KEYS[4], now + tonumber(ARGV[3]), best)
return {'taken', best}
