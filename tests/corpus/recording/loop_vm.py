#!/usr/bin/env python3
"""Event-loop oracle: interprets a tiny AST of asyncio programs on the REAL CPython asyncio
with a virtual-time loop (1 asyncio "second" = 1 virtual ms, all times are exact integers).

  python3.13 loop_vm.py curated OUT.json
  python3.13 loop_vm.py fuzz SEED COUNT OUT.json
  python3.13 loop_vm.py wide SEED COUNT OUT.json      (fuzz, with every step of the language)
  python3.13 loop_vm.py replay FILE.json
../README.md describes the format."""
import sys, json, random, asyncio, selectors, logging, gc, warnings
from asyncio import events
from loop_curated import CURATED
logging.disable(logging.CRITICAL)
warnings.simplefilter('ignore')
sys.unraisablehook = lambda u: None

class E1(Exception): pass
class E2(Exception): pass
class E3(E1): pass
class Deadlock(BaseException): pass
EXC = {c.__name__: c for c in (E1, E2, E3, Exception, BaseException, RuntimeError, ValueError, TypeError,
       KeyboardInterrupt, StopIteration)}
EXC.update(CancelledError=asyncio.CancelledError, TimeoutError=TimeoutError, QueueEmpty=asyncio.QueueEmpty,
           QueueFull=asyncio.QueueFull, InvalidStateError=asyncio.InvalidStateError,
           BrokenBarrierError=asyncio.BrokenBarrierError, QueueShutDown=asyncio.QueueShutDown, ExceptionGroup=ExceptionGroup,
           BaseExceptionGroup=BaseExceptionGroup)

class VSelector(selectors.SelectSelector):
    loop = None
    def select(self, timeout=None):
        if timeout is None: raise Deadlock
        if timeout > 0: self.loop._vt += timeout
        return []
class SeqTimer(events.TimerHandle):
    __slots__ = ('_seq',)
    def __lt__(self, o): return (self._when, self._seq) < (o._when, o._seq)
class VLoop(asyncio.SelectorEventLoop):
    def __init__(self, fifo):
        self._vt = 0.0; self._fifo = fifo; self._n = 0
        s = VSelector(); super().__init__(s); s.loop = self
        self._clock_resolution = 1e-9
    def time(self): return self._vt
    def call_at(self, when, cb, *args, context=None):
        if not self._fifo: return super().call_at(when, cb, *args, context=context)
        import heapq
        self._check_closed()
        t = SeqTimer(when, cb, args, self, context); self._n += 1; t._seq = self._n
        heapq.heappush(self._scheduled, t); t._scheduled = True
        return t

def msg_of(e):
    if isinstance(e, BaseExceptionGroup): return '[' + ','.join(xn(x) for x in e.exceptions) + ']'
    if isinstance(e, (asyncio.InvalidStateError, ValueError, TypeError, RuntimeError)) and 'StopIteration' not in str(e) and 'Event loop stopped' not in str(e): return None   # CPython's wording is not part of the contract
    if not e.args or e.args[0] is None: return None
    m = str(e.args[0])
    return None if ('<' in m or '0x' in m) else m
def xn(e):
    m = msg_of(e)
    return type(e).__name__ + ('' if m is None else (m if m.startswith('[') else ':' + m))
def val(v):
    if isinstance(v, BaseException): return '!' + xn(v)
    if isinstance(v, list): return [val(x) for x in v]
    return v

class Ctx:
    def __init__(self, vm, name): self.vm = vm; self.name = name; self.last = None; self.exc = []

class VM:
    def __init__(self, scn, fifo=False):
        self.s = scn; self.trace = []; self.tasks = {}; self.named = {}; self.handles = {}; self.tos = {}; self.tgs = {}
        self.cbs = {}; self.alive = True; self.arbitrary = False; self.loop = VLoop(fifo)
        self.loop.set_exception_handler(self.handler)
        o = scn.get('objects', {})
        self.fut = {n: self.loop.create_future() for n in o.get('futs', [])}
        self.q = {}
        asyncio.set_event_loop(self.loop)
        for n, d in o.get('queues', {}).items():
            self.q[n] = {'fifo': asyncio.Queue, 'lifo': asyncio.LifoQueue, 'prio': asyncio.PriorityQueue}[d.get('kind', 'fifo')](d.get('max', 0))
        self.lock = {n: asyncio.Lock() for n in o.get('locks', [])}
        for n, d in o.get('sems', {}).items():
            self.lock[n] = (asyncio.BoundedSemaphore if d.get('bounded') else asyncio.Semaphore)(d['value'])
        for n in o.get('conds', []): self.lock[n] = asyncio.Condition()
        self.ev = {n: asyncio.Event() for n in o.get('events', [])}
        self.bar = {n: asyncio.Barrier(k) for n, k in o.get('barriers', {}).items()}
    def handler(self, loop, c):
        if c.get('message', '').startswith('Exception in callback'):
            self.emit('!handler', xn(c['exception']))
    def emit(self, *a):
        if self.alive: self.trace.append([int(self.loop._vt)] + [val(x) for x in a])
    def target(self, n):
        return self.tasks.get(n) or self.fut.get(n) or self.named.get(n)
    def ids(self, ids): return [self.target(i) for i in ids if self.target(i) is not None]
    def name(self, t):
        for d in (self.tasks, self.fut, self.named):
            for k, v in d.items():
                if v is t: return k
    def create(self, n, tg=None):
        if n in self.tasks or n not in self.s['tasks']: return
        co = self.body(n)
        try: self.tasks[n] = (tg or self.loop).create_task(co, name=n)
        except BaseException: co.close(); raise
    async def body(self, n):
        c = Ctx(self, n)
        r = await self.steps(self.s['tasks'][n], c)
        return r[1] if r else None
    # ---- synchronous steps (also allowed in callbacks); returns True if handled
    def sync(self, s, c):
        k = s[0]
        if k == 'emit': self.emit(s[1])
        elif k == 'emit_last': self.emit(s[1], c.last)
        elif k == 'set': c.last = s[1]
        elif k == 'create': self.create(s[1])
        elif k == 'cancel':
            t = self.target(s[1]); c.last = None
            if t is not None: c.last = t.cancel(s[2]) if len(s) > 2 else t.cancel()
        elif k == 'fut_set': self.fut[s[1]].set_result(s[2])
        elif k == 'fut_exc': self.fut[s[1]].set_exception(EXC[s[2]](s[3]) if len(s) > 3 else EXC[s[2]]())
        elif k == 'state':
            t = self.target(s[1])
            c.last = None if t is None else 'pending' if not t.done() else 'cancelled' if t.cancelled() else 'error' if t.exception() else 'done'
        elif k == 'result':
            c.last = self.target(s[1]).result()
        elif k == 'add_cb':
            t = self.target(s[1])
            if t is not None:
                def cb(f, lab=s[2]):
                    self.emit(lab, 'cancelled' if f.cancelled() else f.exception() if f.exception() else f.result())
                self.cbs[s[2]] = cb; t.add_done_callback(cb)
        elif k == 'remove_cb':
            t = self.target(s[1]); c.last = t.remove_done_callback(self.cbs[s[2]]) if t is not None and s[2] in self.cbs else None
        elif k in ('call_soon', 'call_later', 'call_at'):
            steps = s[1] if k == 'call_soon' else s[2]; cc = Ctx(self, 'cb')
            def run():
                for x in steps:
                    if not self.sync(x, cc): raise SystemExit('not sync %r' % (x,))
            h = self.loop.call_soon(run) if k == 'call_soon' else getattr(self.loop, k)(s[1], run)
            nm = s[2] if k == 'call_soon' and len(s) > 2 else s[3] if k != 'call_soon' and len(s) > 3 else None
            if nm: self.handles[nm] = h
        elif k == 'cancel_handle':
            if s[1] in self.handles: self.handles[s[1]].cancel()
        elif k == 'ev_set': self.ev[s[1]].set()
        elif k == 'ev_clear': self.ev[s[1]].clear()
        elif k == 'put_nowait': self.q[s[1]].put_nowait(s[2])
        elif k == 'get_nowait': c.last = self.q[s[1]].get_nowait()
        elif k == 'task_done': self.q[s[1]].task_done()
        elif k == 'q_shutdown': self.q[s[1]].shutdown(s[2])
        elif k == 'qsize': c.last = self.q[s[1]].qsize()
        elif k == 'release': self.lock[s[1]].release()
        elif k == 'locked': c.last = self.lock[s[1]].locked()
        elif k == 'cond_notify': self.lock[s[1]].notify(s[2])
        elif k == 'cond_notify_all': self.lock[s[1]].notify_all()
        elif k == 'raise': raise (EXC[s[1]](s[2]) if len(s) > 2 else EXC[s[1]]())
        elif k == 'stop': self.loop.stop()
        elif k == 'reschedule': self.tos[s[1]].reschedule(None if s[2] is None else self.loop.time() + s[2])
        elif k == 'expired': c.last = self.tos[s[1]].expired()
        elif k == 'gather_start': self.named[s[1]] = asyncio.gather(*self.ids(s[2]), return_exceptions=s[3])
        elif k == 'shield_start': self.named[s[1]] = asyncio.shield(self.target(s[2]))
        elif k == 'tg_create': self.create(s[2], self.tgs[s[1]])
        else: return False
        return True
    async def steps(self, steps, c):
        for s in steps:
            k = s[0]
            if self.sync(s, c): continue
            if k == 'sleep': await asyncio.sleep(s[1])
            elif k == 'await':
                t = self.target(s[1]); c.last = (await t) if t is not None else None
            elif k == 'gather': c.last = list(await asyncio.gather(*self.ids(s[1]), return_exceptions=s[2]))
            elif k == 'wait':
                fs = self.ids(s[1])
                if not fs: c.last = None; continue
                d, p = await asyncio.wait(fs, timeout=s[2], return_when=s[3])
                c.last = {'done': sorted(map(self.name, d)), 'pending': sorted(map(self.name, p))}
            elif k == 'wait_for':
                t = self.target(s[1]); c.last = (await asyncio.wait_for(t, s[2])) if t is not None else None
            elif k == 'wait_for_steps':
                c.last = await asyncio.wait_for(self.sub(s[1], c), s[2])
            elif k == 'call_coro': c.last = await self.sub(s[1], c)
            elif k == 'shield':
                t = self.target(s[1]); c.last = (await asyncio.shield(t)) if t is not None else None
            elif k == 'as_completed':
                if sum(t.done() for t in set(self.ids(s[1]))) > 1: self.arbitrary = True   # in the order of a set
                for f in asyncio.as_completed(self.ids(s[1]), timeout=s[2]):
                    try: self.emit('ac', await f)
                    except (Exception, asyncio.CancelledError) as e:
                        self.emit('ac', e)
                        if isinstance(e, TimeoutError): break
            elif k == 'timeout':
                r = None
                async with asyncio.timeout(s[1]) as tm:
                    if len(s) > 3: self.tos[s[3]] = tm
                    r = await self.steps(s[2], c)
                if r: return r
            elif k == 'taskgroup':
                r = None
                async with asyncio.TaskGroup() as tg:
                    self.tgs[s[1]] = tg
                    r = await self.steps(s[2], c)
                if r: return r
            elif k == 'try':
                r = None
                try:
                    try: r = await self.steps(s[1], c)
                    except BaseException as e:
                        if not isinstance(e, (GeneratorExit, Deadlock)):
                            for kinds, hb in s[2]:
                                if isinstance(e, tuple(EXC[x] for x in kinds)):
                                    c.exc.append(e)
                                    try: r = await self.steps(hb, c)
                                    finally: c.exc.pop()
                                    break
                            else: raise
                        else: raise
                finally:
                    if len(s) > 3 and s[3] is not None and self.alive:
                        r2 = await self.steps(s[3], c)
                        if r2: return r2
                if r: return r
            elif k == 'emit_exc': self.emit('exc', c.exc[-1] if c.exc else None)
            elif k == 'reraise': raise c.exc[-1]
            elif k == 'loop':
                for _ in range(s[1]):
                    r = await self.steps(s[2], c)
                    if r: return r
            elif k == 'return': return ('ret', s[1])
            elif k == 'return_last': return ('ret', c.last)
            elif k == 'put': await self.q[s[1]].put(s[2])
            elif k == 'get': c.last = await self.q[s[1]].get()
            elif k == 'join': await self.q[s[1]].join()
            elif k == 'acquire': c.last = await self.lock[s[1]].acquire()
            elif k == 'with':
                r = None
                async with self.lock[s[1]]: r = await self.steps(s[2], c)
                if r: return r
            elif k == 'ev_wait': c.last = await self.ev[s[1]].wait()
            elif k == 'cond_wait': c.last = await self.lock[s[1]].wait()
            elif k == 'barrier_wait': c.last = await self.bar[s[1]].wait()
            elif k == 'barrier_abort': await self.bar[s[1]].abort()
            elif k == 'barrier_reset': await self.bar[s[1]].reset()
            elif k == 'uncancel': c.last = asyncio.current_task().uncancel()
            elif k == 'cancelling': c.last = asyncio.current_task().cancelling()
            elif k == 'current': c.last = asyncio.current_task().get_name()
            elif k == 'all_tasks': c.last = sorted(t.get_name() for t in asyncio.all_tasks())
            else: raise SystemExit('bad step %r' % (s,))
        return None
    async def sub(self, steps, c):
        r = await self.steps(steps, c)
        return r[1] if r else None
    async def main(self):
        c = Ctx(self, 'main')
        r = await self.steps(self.s['main'], c)
        return r[1] if r else None
    def outcome(self, t):
        if not t.done(): return {'state': 'pending'}
        if t.cancelled():
            try: t.result()
            except asyncio.CancelledError as e: return {'state': 'cancelled', 'msg': msg_of(e)}
        e = t.exception()
        if e is not None: return {'state': 'error', 'exc': xn(e)}
        return {'state': 'done', 'result': val(t.result())}
    def run(self):
        end = 'complete'
        t = self.tasks['main'] = self.loop.create_task(self.main(), name='main')
        try: self.loop.run_until_complete(t)
        except Deadlock: end = 'deadlock'
        except BaseException as e:
            if not t.done(): end = 'raised ' + xn(e)
        out = {'trace': list(self.trace), 'end': end, 'end_ms': int(self.loop._vt),
               'tasks': {n: self.outcome(x) for n, x in self.tasks.items()}}
        if self.fut: out['futs'] = {n: self.outcome(x) for n, x in self.fut.items()}
        self.alive = False
        self.loop._ready.clear(); self.loop._scheduled.clear()
        for n, x in self.tasks.items():
            if not x.done(): x._log_destroy_pending = False
        self.tasks.clear(); self.named.clear(); self.fut.clear(); self.tgs.clear()
        self.loop.close(); asyncio.set_event_loop(None)
        return None if self.arbitrary else out
def run(s, fifo=False):
    return VM(s, fifo).run()

# ------------------------------------------------------------------ random programs
class Fuzz:
    def __init__(self, r): self.r = r
    def ms(self): return self.r.choice([0, 0, 1, 2, 3, 4, 5, 5, 7, 10])
    def lab(self): self.n += 1; return '%s.%d' % (self.cur, self.n)
    def later(self):   # tasks with a higher index than the current one
        return ['t%d' % j for j in range(self.i + 1, self.nt + 1)]
    def anyt(self): return 't%d' % self.r.randint(1, self.nt)
    def kinds(self): return self.r.choice([['CancelledError'], ['CancelledError'], ['E1'], ['Exception'], ['BaseException'], ['TimeoutError'], ['E1', 'E2'], ['TimeoutError', 'CancelledError']])
    def body(self, d, lo, hi):
        out = []
        for _ in range(self.r.randint(lo, hi)):
            if self.budget <= 0: break
            st = self.step(d); out += st
            if st and st[-1][0] in ('return', 'raise', 'reraise', 'return_last'): break
        return out or [['emit', self.lab()]]
    def cbsteps(self):
        r = self.r; out = [['emit', self.lab()]]
        x = r.random()
        if x < .2: out.append(['cancel', self.anyt()])
        elif x < .4: out.append(['try_fut', r.choice(['f1', 'f2'])])
        elif x < .5: out.append(['ev_set', 'e1'])
        elif x < .6: out.append(['call_soon', [['emit', self.lab()]]])
        elif x < .65: out.append(['raise', 'E2'])
        out2 = []
        for s in out: out2.append(['fut_set', s[1], r.randint(1, 9)] if s[0] == 'try_fut' else s)
        return out2
    def step(self, d):
        r = self.r; self.budget -= 1
        w = [('emit', 13), ('sleep', 28), ('cancel', 9), ('fut_set', 4), ('fut_exc', 2), ('fut_cancel', 1), ('fut_await', 3), ('raise', 3), ('return', 2),
             ('call_soon', 4), ('call_later', 5), ('cancel_handle', 1), ('put', 4), ('get', 3), ('acquire', 2), ('release', 2), ('ev_wait', 2), ('ev_set', 3), ('ev_clear', 1),
             ('add_cb', 2), ('state', 1), ('uncancel', 1), ('cancelling', 1), ('reraise', 2 if self.hand else 0), ('emit_exc', 6 if self.hand else 0), ('barrier_wait', 1), ('call_coro', 1 if d else 0)]
        if self.later(): w += [('await', 7), ('gather', 5), ('wait', 5), ('wait_for', 5), ('shield', 5), ('gather_start', 2), ('shield_start', 2)]
        if self.kids: w += [('create', 12)] + ([('taskgroup', 8)] if d else [])
        if d > 0: w += [('try', 22), ('timeout', 6), ('wait_for_steps', 4), ('with', 5), ('loop', 4), ('cond', 2)]
        k = r.choices([a for a, _ in w], [b for _, b in w])[0]
        L = self.lab
        def obs(s): return [s, ['emit_last', L()]] if r.random() < .8 else [s]
        if k == 'emit': return [['emit', L()]]
        if k == 'sleep': return [['sleep', self.ms()], ['emit', L()]] if r.random() < .6 else [['sleep', self.ms()]]
        if k == 'cancel':
            s = ['cancel', self.anyt()]
            if r.random() < .3: s.append('m%d' % r.randint(1, 3))
            return obs(s)
        f = r.choice(['f1', 'f2'])
        if k == 'fut_set': return [['try', [['fut_set', f, r.randint(1, 9)]], [[['InvalidStateError'], [['emit', L()]]]], None]]
        if k == 'fut_exc': return [['try', [['fut_exc', f, 'E2', 'fe']], [[['InvalidStateError'], [['emit', L()]]]], None]]
        if k == 'fut_cancel': return obs(['cancel', f])
        if k == 'fut_await': return obs(['await', f])
        if k == 'raise': return [[k, r.choice(['E1', 'E1', 'E2', 'E3', 'CancelledError', 'TimeoutError'])] + (['r%d' % r.randint(1, 3)] if r.random() < .5 else [])]
        if k == 'return': return [[k, r.randint(1, 9)]]
        if k in ('reraise', 'emit_exc'): return [[k]]
        if k == 'call_soon': return [[k, self.cbsteps()]]
        if k == 'call_later': return [[k, self.ms(), self.cbsteps(), 'h1']]
        if k == 'cancel_handle': return [[k, 'h1']]
        if k == 'put': return [['put', 'q1', r.randint(1, 9)]]
        if k == 'get': return obs(['get', 'q1'])
        lk = r.choice(['l1', 's1'])
        if k == 'acquire': return [['acquire', lk], ['sleep', self.ms()], ['emit', L()], ['release', lk]]
        if k == 'release': return [['try', [['release', lk]], [[['RuntimeError'], [['emit', L()]]]], None]]
        if k == 'ev_wait': return [['ev_wait', 'e1'], ['emit', L()]]
        if k in ('ev_set', 'ev_clear'): return [[k, 'e1']]
        if k == 'add_cb': return [[k, r.choice([self.anyt(), 'f1', 'f2']), L()]]
        if k == 'state': return obs([k, self.anyt()])
        if k in ('uncancel', 'cancelling'): return obs([k])
        if k == 'barrier_wait': return obs([k, 'b1'])
        lt = self.later()
        some = lambda: r.sample(lt, r.randint(1, len(lt)))
        if k in ('await', 'shield'): return obs([k, r.choice(lt)])
        if k == 'gather': return obs([k, some(), r.random() < .4])
        if k == 'wait': return obs([k, some(), r.choice([None, 0, 2, 5, 10]), r.choice(['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED'])])
        if k == 'wait_for': return obs([k, r.choice(lt), r.choice([None, 0, 1, 3, 5, 8])])
        if k in ('gather_start', 'shield_start'):
            nm = self.cur + 'n%d' % self.n
            mk = [k, nm, some(), r.random() < .4] if k == 'gather_start' else [k, nm, r.choice(lt)]
            mid = self.body(0, 0, 2) if r.random() < .5 else []
            mid += [['cancel', nm]] if r.random() < .3 else []
            return [mk] + [m for m in mid if m[0] not in ('return', 'raise', 'reraise')] + [['try', obs(['await', nm]), [[self.kinds(), [['emit', L()]]]], None]]
        if k == 'create': return [['create', self.kids.pop(0)]]
        if k == 'taskgroup':
            kid = self.kids.pop(0); g = 'g' + kid
            return [['try', [['taskgroup', g, [['tg_create', g, kid]] + self.body(d - 1, 0, 2)]], [[['ExceptionGroup'], [['emit_exc']]]], None]]
        if k == 'try':
            b = self.body(d - 1, 1, 3); h = self.hand; self.hand = True
            hs = [[self.kinds(), self.body(d - 1, 1, 2)] for _ in range(r.choice([0, 1, 1, 1, 2]))]; self.hand = h
            fin = self.body(d - 1, 1, 2) if not hs or r.random() < .35 else None
            return [[k, b, hs, fin]]
        if k == 'timeout': return [[k, r.choice([0, 1, 3, 5, 8, None]), self.body(d - 1, 1, 3)]]
        if k == 'wait_for_steps': return obs([k, self.body(d - 1, 1, 3), r.choice([0, 1, 3, 5, 8])])
        if k == 'call_coro': return obs([k, self.body(d - 1, 1, 2)])
        if k == 'with': return [[k, lk, self.body(d - 1, 1, 3)]]
        if k == 'loop': return [[k, r.randint(2, 3), self.body(d - 1, 1, 2)]]
        if k == 'cond':
            return [['with', 'c1', [r.choice([['cond_wait', 'c1'], ['cond_notify', 'c1', 1], ['cond_notify_all', 'c1']]), ['emit', L()]]]]
    def scenario(self, id):
        r = self.r; self.nt = r.randint(2, 4); self.n = 0; self.hand = False
        tasks = {}; by_main = []; pend = []
        for j in range(1, self.nt + 1):
            if j > 1 and r.random() < .3: pend.append('t%d' % j)
            else: by_main.append('t%d' % j)
        for j in range(1, self.nt + 1):
            self.i = j; self.cur = 't%d' % j; self.n = 0; self.budget = r.randint(4, 12)
            self.kids = [p for p in pend if int(p[1:]) > j and r.random() < .8]
            for p in self.kids: pend.remove(p)
            tasks[self.cur] = self.body(3, 3, 7)
        self.i = 0; self.cur = 'm'; self.n = 0; self.kids = []; self.budget = r.randint(0, 4)
        main = []
        for t in by_main:
            main.append(['create', t])
            if r.random() < .15: main.append(['sleep', self.ms()])
        mid = self.body(2, 0, 3) if self.budget else []
        if mid: main.append(['try', mid, [[['BaseException'], [['emit_exc']]]], None])
        main += [['create', p] for p in pend]
        alls = ['t%d' % j for j in range(1, self.nt + 1)]
        for rnd in range(2):
            main += [['wait', alls, 1000, 'ALL_COMPLETED'], ['emit_last', 'm.wait%d' % rnd]] + [['cancel', a] for a in alls]
        main += [['wait', alls, 1000, 'ALL_COMPLETED'], ['emit_last', 'm.end']]
        return {'id': id, 'objects': {'futs': ['f1', 'f2'], 'queues': {'q1': {'max': r.choice([0, 1, 2])}}, 'locks': ['l1'],
                'sems': {'s1': {'value': r.choice([1, 2])}}, 'events': ['e1'], 'conds': ['c1'], 'barriers': {'b1': 2}}, 'tasks': tasks, 'main': main}

class Wide(Fuzz):
    """The steps that Fuzz does not use, among those that it does."""
    def step(self, d):
        r = self.r
        if r.random() < .68: return super().step(d)
        self.budget -= 1; L = self.lab
        def obs(s): return [s, ['emit_last', L()]]
        def safe(steps, *kinds): return [['try', steps, [[list(kinds), [['emit_exc']]]], None]]
        q = r.choice(['q2', 'q3', 'q4']); t = 'to' + self.cur
        w = [('get', 6), ('put', 6), ('get_nowait', 3), ('put_nowait', 4), ('task_done', 3), ('join', 1), ('qsize', 2), ('q_shutdown', 1),
             ('bounded', 3), ('locked', 3), ('barrier', 5), ('barrier_abort', 1), ('barrier_reset', 2), ('result', 3), ('call_at', 2), ('remove_cb', 1), ('all_tasks', 1)]
        if d > 0: w += [('timeout', 8), ('cond', 5), ('bounded_with', 2)]
        if d > 0 and self.kids: w += [('group', 14)]
        if self.later(): w += [('as_completed', 7), ('wait_shield', 2)]
        k = r.choices([a for a, _ in w], [b for _, b in w])[0]
        if k == 'get': return safe(obs([k, q]), 'QueueShutDown')
        if k == 'put': return safe([[k, q, r.randint(1, 9)]], 'QueueShutDown')
        if k == 'get_nowait': return safe(obs([k, q]), 'QueueEmpty', 'QueueShutDown')
        if k == 'put_nowait': return safe([[k, q, r.randint(1, 9)]], 'QueueFull', 'QueueShutDown')
        if k == 'task_done': return safe([[k, q]], 'ValueError')
        if k == 'join': return [['timeout', r.choice([3, 5]), [[k, q], ['emit', L()]]]] if r.random() < .7 else [[k, q], ['emit', L()]]
        if k == 'qsize': return obs([k, q])
        if k == 'q_shutdown': return [[k, q, r.random() < .4]]
        if k == 'bounded': return safe([['release', 's2']], 'ValueError')
        if k == 'bounded_with': return safe([['with', 's2', self.body(d - 1, 1, 2)]], 'ValueError')
        if k == 'locked': return obs([k, r.choice(['l1', 's1', 's2', 'c1'])])
        if k == 'barrier': return safe(obs(['barrier_wait', 'b2']), 'BrokenBarrierError')
        if k in ('barrier_abort', 'barrier_reset'): return [[k, 'b2'], ['emit', L()]]
        if k == 'result': return safe(obs([k, r.choice(['f1', 'f2'])]), 'InvalidStateError', 'CancelledError', 'E2')
        if k == 'call_at': return [[k, r.randint(0, 12), self.cbsteps(), 'h2']]
        if k == 'remove_cb': return [['add_cb', 'f1', 'x%d' % self.n]] + obs([k, 'f1', 'x%d' % self.n])
        if k == 'all_tasks': return obs([k])
        if k == 'timeout':
            move = [['reschedule', t, r.choice([None, 0, 1, 3, 6])], ['sleep', self.ms()]] + obs(['expired', t])
            return safe([[k, r.choice([0, 2, 4, None]), [['sleep', self.ms()]] + move + self.body(d - 1, 0, 2), t]], 'TimeoutError', 'RuntimeError') + obs(['expired', t])
        if k == 'cond':
            n = r.choice([['cond_wait', 'c1'], ['cond_wait', 'c1'], ['cond_notify', 'c1', r.randint(1, 2)], ['cond_notify_all', 'c1']])
            inner = [['with', 'c1', [n, ['emit', L()], ['sleep', r.choice([0, 0, 1])]]]]
            return [['timeout', r.choice([2, 5, 9]), inner]] if r.random() < .4 else inner
        if k == 'group':
            kids = [self.kids.pop(0) for _ in range(min(len(self.kids), r.randint(1, 3)))]; g = 'g' + kids[0]
            creates = [['tg_create', g, kid] for kid in kids]
            return [['try', [['taskgroup', g, creates + self.body(d - 1, 0, 2)]], [[['ExceptionGroup', 'RuntimeError'], [['emit_exc']]]], None]]
        lt = self.later(); some = r.sample(lt, r.randint(1, len(lt)))
        if k == 'as_completed': return [[k, some, r.choice([None, None, 0, 2, 5])]]
        if k == 'wait_shield':
            nm = self.cur + 'w%d' % self.n
            return [['shield_start', nm, some[0]], ['wait', some + [nm], r.choice([None, 0, 3]), 'FIRST_COMPLETED'], ['emit', L()]]
    def scenario(self, id):
        s = super().scenario(id); r = self.r; o = s['objects']
        o['queues'].update(q2={'max': r.choice([0, 1, 2])}, q3={'max': r.choice([0, 2]), 'kind': 'lifo'}, q4={'max': r.choice([0, 2]), 'kind': 'prio'})
        o['sems']['s2'] = {'value': r.choice([1, 2]), 'bounded': True}; o['barriers']['b2'] = r.choice([1, 2, 2, 3])
        return s

def prune(s):
    j = json.dumps([s['tasks'], s['main']]); o = s['objects']
    used = lambda n: '"%s"' % n in j
    o['futs'] = [n for n in o['futs'] if used(n)]; o['locks'] = [n for n in o['locks'] if used(n)]
    for k in ('queues', 'sems', 'barriers'): o[k] = {n: v for n, v in o[k].items() if used(n)}
    for k in ('events', 'conds'): o[k] = [n for n in o[k] if used(n)]
    s['objects'] = {k: v for k, v in o.items() if v}

JUNK = []
def stable(s, fifo=False, n=4):
    a = run(s, fifo)
    for i in range(n - 1):
        JUNK.append([bytearray(random.randrange(50, 700)) for _ in range(random.randrange(1, 40))])
        if len(JUNK) > 20: del JUNK[::2]
        if run(s, fifo) != a: return None
    return a
def main():
    ver = '.'.join(map(str, sys.version_info[:3])); mode = sys.argv[1]
    if mode == 'replay':
        d = json.load(open(sys.argv[2])); bad = []
        for s in d['scenarios']:
            if run(s) != s['expect']: bad.append(s['id'])
            if run(s, True) != s.get('expect_fifo', s['expect']): bad.append(s['id'] + '(fifo)')
        print('%s on %s: %d scenarios, %d differ%s' % (sys.argv[2], ver, len(d['scenarios']), len(bad), (': ' + ' '.join(bad)) if bad else '')); return
    nd = 0
    if mode == 'curated': scs = CURATED; out = sys.argv[2]; meta = {'kind': 'curated'}; src = list(scs)
    else:
        seed, count, out = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]; meta = {'kind': mode, 'seed': seed}
        f = {'fuzz': Fuzz, 'wide': Wide}[mode](random.Random(seed)); src = None
    done = []
    i = 0
    while (src is not None and i < len(src)) or (src is None and len(done) < count):
        s = src[i] if src is not None else f.scenario('l%s%d_%04d' % (mode[0], seed, len(done))); i += 1
        if src is None: prune(s)
        try: a = stable(s); b = stable(s, True)
        except RecursionError: a = None
        if src is None and a is not None and (a['end'] != 'complete' or len(a['trace']) < 5): continue   # fuzz: only terminating, non-trivial programs
        if a is None or b is None:
            nd += 1
            if src is not None: print('NONDETERMINISTIC', s['id'], s['desc'])
            continue
        s['expect'] = a
        if b != a: s['expect_fifo'] = b
        done.append(s)
    with open(out, 'w') as fp:
        fp.write('{"format": 1, "family": "loop", "cpython": "%s", "meta": %s, "scenarios": [\n' % (ver, json.dumps(meta)))
        fp.write(',\n'.join(json.dumps(s) for s in done)); fp.write('\n]}\n')
    print(out, len(done), 'dropped as nondeterministic:', nd, 'equal-deadline-sensitive:', sum('expect_fifo' in s for s in done))
if __name__ == '__main__': main()
