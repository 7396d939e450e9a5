"""What Redis does in one step: each script is one operation of the log, and nothing comes between.

Names of users and runs come quoted, so that a space can stand between them. A run is a JSON object
in a hash of its user's; times travel as text, since Lua's JSON keeps fourteen digits alone.
"""

from __future__ import annotations

_SHARED = """
local p, u = ARGV[1], ARGV[2]
local function key(kind) return p .. ':' .. kind .. ':' .. u end
local function number(field) return tonumber(redis.call('HGET', key('user'), field)) end
local function begin_log(epoch, now)
  if redis.call('EXISTS', key('user')) == 0 then
    redis.call('HSET', key('user'), 'epoch', epoch, 'first', 1, 'last', 0, 'acked', 0,
      'active', now)
    redis.call('ZADD', p .. ':users', now, u)
  end
end
local function stir(now)
  if number('active') < tonumber(now) then
    redis.call('HSET', key('user'), 'active', now)
    redis.call('ZADD', p .. ':users', now, u)
  end
end
local function run_of(name)
  local found = redis.call('HGET', key('runs'), name)
  return found and cjson.decode(found)
end
local function keep(name, run) redis.call('HSET', key('runs'), name, cjson.encode(run)) end
local function open_to(name, run, owner, till)
  redis.call('SREM', p .. ':owner:' .. run.owner, u .. ' ' .. name)
  run.owner, run.till = owner, till
  redis.call('SADD', p .. ':owner:' .. owner, u .. ' ' .. name)
  redis.call('ZADD', p .. ':open', till, u .. ' ' .. name)
  keep(name, run)
end
"""
POSITION = (
    _SHARED
    + """
begin_log(ARGV[3], ARGV[4])
return redis.call('HMGET', key('user'), 'epoch', 'first', 'last', 'acked')
"""
)
BEGIN = (
    _SHARED
    + """
local epoch, now, name, owner, till, most = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
begin_log(epoch, now)
if run_of(name) then return {'RunExistsError'} end
local open = 0
for _, found in ipairs(redis.call('HVALS', key('runs'))) do
  if not cjson.decode(found).ended then open = open + 1 end
end
if open >= tonumber(most) then return {'TooManyRunsError'} end
stir(now)
local count = redis.call('INCR', p .. ':count')
open_to(name, {owner = owner, till = till, step = 0, seq = 0, ended = false, count = count},
  owner, till)
return {'', 0}
"""
)
APPEND = (
    _SHARED
    + """
local name, owner, step, now, ends = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]
local last = step + #ARGV - 8
local run = run_of(name)
if not run then return {'is not known'} end
if run.owner ~= owner then return {'belongs to another owner'} end
if run.step == last then return {'', run.seq} end
if run.ended then return {'has ended'} end
if run.step + 1 ~= step then return {'MissingStepError', run.step} end
local seq = number('last')
for at = 8, #ARGV do
  seq = seq + 1
  redis.call('XADD', key('log'), seq .. '-0', 'r', name, 's', step + at - 8, 'a', now, 'b',
    ARGV[at])
end
redis.call('HSET', key('user'), 'last', seq)
stir(now)
run.step, run.seq, run.ended = last, seq, ends == '1'
keep(name, run)
if run.ended then
  redis.call('ZREM', p .. ':open', u .. ' ' .. name)
  redis.call('SREM', p .. ':owner:' .. owner, u .. ' ' .. name)
end
redis.call('PUBLISH', key('grown'), seq)
return {'', seq}
"""
)
ACKNOWLEDGE = (
    _SHARED
    + """
local seq = tonumber(ARGV[3])
if redis.call('EXISTS', key('user')) == 1 and number('acked') < seq and seq <= number('last') then
  redis.call('HSET', key('user'), 'acked', seq)
end
return 0
"""
)
LEASE = """
local p, owner, till = ARGV[1], ARGV[2], ARGV[3]
for _, member in ipairs(redis.call('SMEMBERS', p .. ':owner:' .. owner)) do
  local u, name = member:match('^(%S+) (%S+)$')
  local runs = p .. ':runs:' .. u
  local run = cjson.decode(redis.call('HGET', runs, name))
  run.till = till
  redis.call('HSET', runs, name, cjson.encode(run))
  redis.call('ZADD', p .. ':open', till, member)
end
return 0
"""
TAKE = (
    _SHARED
    + """
local name, owner, now, till = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local run = run_of(name)
if not run or run.ended or tonumber(run.till) > tonumber(now) then return -1 end
open_to(name, run, owner, till)
return run.step
"""
)
PRUNE = (
    _SHARED
    + """
local most, before, at_once = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if redis.call('EXISTS', key('user')) == 0 then return {0, 0} end
local first, last = number('first'), number('last')
local kept, more = math.min(math.max(first, last - most + 1), first + at_once), 0
if kept < first + at_once then
  local some = redis.call('XRANGE', key('log'), kept .. '-0', '+', 'COUNT', at_once)
  for _, entry in ipairs(some) do
    if tonumber(entry[2][6]) >= before then break end
    kept = kept + 1
  end
  if kept - first >= at_once then more = 1 end
else
  more = 1
end
if kept > first then
  redis.call('XTRIM', key('log'), 'MINID', kept .. '-0')
  redis.call('HSET', key('user'), 'first', kept)
end
local open = 0
local runs = redis.call('HGETALL', key('runs'))
for at = 1, #runs, 2 do
  local run = cjson.decode(runs[at + 1])
  if not run.ended then
    open = open + 1
  elseif run.seq < kept then
    redis.call('HDEL', key('runs'), runs[at])
  end
end
if kept > last and open == 0 and number('active') < before then
  redis.call('DEL', key('user'), key('log'), key('runs'))
  redis.call('ZREM', p .. ':users', u)
end
return {kept - first, more}
"""
)
