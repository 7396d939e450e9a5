"""What Redis does in one step: each script is one operation of the log, and nothing comes between.

Names of users and runs come quoted, so that a space can stand between them. A run is a JSON object
in a hash of its user's; times travel as text, since Lua's JSON keeps fourteen digits alone.

A term is the time in which one server has all that it was given. The first append to a log in
another term begins another epoch of it, and notes how far the one before still holds.
"""

from __future__ import annotations

_SHARED = """
local p, u = ARGV[1], ARGV[2]
local function key(kind) return p .. ':' .. kind .. ':' .. u end
local function number(field) return tonumber(redis.call('HGET', key('user'), field)) end
local function term() return redis.call('GET', p .. ':term') or '' end
local function begin_log(epoch, now)
  if redis.call('EXISTS', key('user')) == 0 then
    redis.call('HSET', key('user'), 'epoch', epoch, 'first', 1, 'last', 0, 'acked', 0,
      'active', now, 'term', term(), 'earlier', '')
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
return redis.call('HMGET', key('user'), 'epoch', 'first', 'last', 'acked', 'earlier')
"""
)
BEGIN = (
    _SHARED
    + """
local epoch, now, name, owner, till, most = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
begin_log(epoch, now)
local run = run_of(name)
if run then
  if run.owner ~= owner or run.step > 0 then return 'RunExistsError' end
  open_to(name, run, owner, till)
  return ''
end
if redis.call('ZCARD', key('opened')) >= tonumber(most) then return 'TooManyRunsError' end
stir(now)
redis.call('ZADD', key('opened'), redis.call('INCR', p .. ':count'), name)
open_to(name, {owner = owner, till = till, step = 0, seq = 0, ended = false}, owner, till)
return ''
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
local epoch, of_term, seq = unpack(redis.call('HMGET', key('user'), 'epoch', 'term', 'last'))
if run.step == last and last > 0 then return {'', run.seq, epoch} end
if run.ended then return {'has ended'} end
if run.step + 1 ~= step then return {'MissingStepError', run.step} end
if of_term ~= term() then
  local earlier = redis.call('HGET', key('user'), 'earlier') .. epoch .. ' ' .. seq .. '\\n'
  if select(2, earlier:gsub('\\n', '')) > 16 then earlier = earlier:gsub('^.-\\n', '') end
  epoch = epoch:match('^[^.]*') .. '.' .. term()
  redis.call('HSET', key('user'), 'epoch', epoch, 'term', term(), 'earlier', earlier)
end
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
  redis.call('ZREM', key('opened'), name)
  redis.call('ZREM', p .. ':open', u .. ' ' .. name)
  redis.call('SREM', p .. ':owner:' .. owner, u .. ' ' .. name)
end
redis.call('PUBLISH', key('grown'), seq .. ' ' .. epoch)
return {'', seq, epoch}
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
for at = 4, #ARGV do
  local u, name = ARGV[at]:match('^(%S+) (%S+)$')
  local runs = p .. ':runs:' .. u
  local found = redis.call('HGET', runs, name)
  local run = found and cjson.decode(found)
  if run and run.owner == owner and not run.ended then
    run.till = till
    redis.call('HSET', runs, name, cjson.encode(run))
    redis.call('ZADD', p .. ':open', till, ARGV[at])
  end
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
local kept = first
local function forget(entry)
  if kept > last - most and tonumber(entry[2][6]) >= before then return false end
  local name = entry[2][2]
  local run = run_of(name)
  if run and run.ended and run.seq == kept then redis.call('HDEL', key('runs'), name) end
  kept = kept + 1
  return true
end
local function page(count)
  return redis.call('XRANGE', key('log'), kept .. '-0', '+', 'COUNT', count)
end
local some = page(1)
if some[1] and forget(some[1]) then
  for _, entry in ipairs(page(at_once - 1)) do
    if not forget(entry) then break end
  end
  redis.call('XTRIM', key('log'), 'MINID', kept .. '-0')
  redis.call('HSET', key('user'), 'first', kept)
end
if kept > last and redis.call('HLEN', key('runs')) == 0 and number('active') < before then
  redis.call('DEL', key('user'), key('log'), key('runs'))
  redis.call('ZREM', p .. ':users', u)
end
return {kept - first, kept - first >= at_once and 1 or 0}
"""
)
MEET = """
local p, new = ARGV[1], ARGV[2]
local run = redis.call('INFO', 'server'):match('run_id:(%w+)')
local history = redis.call('INFO', 'replication'):match('master_replid:(%w+)')
local id = run .. ' ' .. history
if redis.call('GET', p .. ':server') ~= id then
  redis.call('MSET', p .. ':server', id, p .. ':term', new)
end
return 0
"""
