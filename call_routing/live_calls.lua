-- Makes one node's calls in the live board exactly what they are now, in one step.
-- KEYS[1] hash: "<node>/<call id>" -> JSON; KEYS[2] hash: node -> when its data is worthless (ms).
-- ARGV: node, now (ms), lifetime (ms), then call id and JSON by turns.
-- Data of a node whose controller has not reported within its lifetime is removed by any other's report,
-- and by the keys' expiry where there is no other.
local node, now, lifetime = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('HSET', KEYS[2], node, now + lifetime)

local dead = {[node] = true}
local reports = redis.call('HGETALL', KEYS[2])
for i = 1, #reports, 2 do
  if tonumber(reports[i + 1]) < now then
    dead[reports[i]] = true
    redis.call('HDEL', KEYS[2], reports[i])
  end
end

for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local owner = string.match(field, '^(.*)/[^/]*$')
  if owner == nil or dead[owner] then
    redis.call('HDEL', KEYS[1], field)
  end
end

for i = 4, #ARGV, 2 do
  redis.call('HSET', KEYS[1], node .. '/' .. ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], lifetime)
redis.call('PEXPIRE', KEYS[2], lifetime)
return redis.call('HLEN', KEYS[1])
