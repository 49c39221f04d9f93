#!/usr/bin/env python3
"""Generator-protocol oracle: compiles a tiny AST to REAL CPython generators (exec), drives
them, records what happened.  ../README.md describes the format.

  python3.13 gen_fuzz.py curated OUT.json
  python3.13 gen_fuzz.py fuzz SEED COUNT OUT.json
  python3.13 gen_fuzz.py replay FILE.json      # re-run a corpus and compare (any version)
"""
import sys, json, random, gc, inspect

class E1(Exception): pass
class E2(Exception): pass
class E3(E1): pass            # E3 is a subclass of E1
EXC = {c.__name__: c for c in (E1, E2, E3, Exception, BaseException, GeneratorExit, StopIteration,
                               RuntimeError, ValueError, TypeError, KeyboardInterrupt)}

# ---------------------------------------------------------------- compile
class Obj:
    """custom iterator with a chosen subset of send/throw/close; emits what is called on it"""
    def __init__(self, emit, values): self.emit, self.v = emit, list(values)
    def __iter__(self): return self
    def __next__(self):
        self.emit('obj.next')
        if not self.v: raise StopIteration('obj-result')
        return self.v.pop(0)
def _send(self, x):
    self.emit('obj.send:%s' % (x,))
    if not self.v: raise StopIteration('obj-result')
    return self.v.pop(0)
def _throw(self, *a):
    e = a[0] if isinstance(a[0], BaseException) else a[1]
    self.emit('obj.throw:' + type(e).__name__)
    if not self.v: raise StopIteration('obj-thrown')
    return self.v.pop(0)
def _close(self): self.emit('obj.close')
def mkobj(emit, values, methods):
    d = {}
    if 'send' in methods: d['send'] = _send
    if 'throw' in methods: d['throw'] = _throw
    if 'close' in methods: d['close'] = _close
    return type('Obj', (Obj,), d)(emit, values)

def ex(e): return 'last' if e == '$last' else repr(e)
def mkexc(name, msg):
    c = EXC[name]
    return c() if msg is None else c(msg)

class Comp:
    def __init__(self): self.n = 0; self.funcs = []
    def func(self, body):
        name = 'g%d' % self.n; self.n += 1
        slot = len(self.funcs); self.funcs.append(None)
        lines = ['def %s():' % name, '    last = None', '    if 0: yield']
        lines += self.block(body, 1, 0, None)
        self.funcs[slot] = '\n'.join(lines)
        return name
    def block(self, body, ind, loopd, ev):
        p = '    ' * ind
        if not body: return [p + 'pass']
        out = []
        for s in body: out += self.stmt(s, ind, loopd, ev)
        return out
    def stmt(self, s, ind, ld, ev):
        p = '    ' * ind; k = s[0]
        if k == 'yield': return [p + 'last = yield ' + ex(s[1])]
        if k == 'emit': return [p + 'EMIT(%s)' % ex(s[1])]
        if k == 'emit_exc': return [p + 'EMIT(XN(%s))' % ev]
        if k == 'set': return [p + 'last = ' + ex(s[1])]
        if k == 'return': return [p + 'return ' + ex(s[1])]
        if k == 'raise': return [p + 'raise MK(%r, %r)' % (s[1], s[2] if len(s) > 2 else None)]
        if k == 'raise_from': return [p + 'raise MK(%r, None) from MK(%r, None)' % (s[1], s[2])]
        if k == 'reraise': return [p + 'raise']
        if k == 'break': return [p + 'break']
        if k == 'continue': return [p + 'continue']
        if k == 'loop':
            return [p + 'for _i%d in range(%d):' % (ind, s[1])] + self.block(s[2], ind + 1, ld + 1, ev)
        if k == 'try':
            out = [p + 'try:'] + self.block(s[1], ind + 1, ld, ev)
            for kinds, hb in s[2]:
                v = '_e%d' % ind
                out += [p + 'except (%s,) as %s:' % (', '.join(kinds), v)] + self.block(hb, ind + 1, ld, v)
            if len(s) > 4 and s[4] is not None:
                out += [p + 'else:'] + self.block(s[4], ind + 1, ld, ev)
            if len(s) > 3 and s[3] is not None:
                out += [p + 'finally:'] + self.block(s[3], ind + 1, ld, ev)
            return out
        if k == 'yield_from': return [p + 'last = yield from %s()' % self.func(s[1])]
        if k == 'yield_from_list': return [p + 'last = yield from %r' % (s[1],)]
        if k == 'yield_from_obj': return [p + 'last = yield from OBJ(EMIT, %r, %r)' % (s[1], s[2])]
        if k == 'yield_from_ref': return [p + 'last = yield from G[%r]' % s[1]]
        if k == 'next_ref': return [p + 'last = next(G[%r])' % s[1]]
        if k == 'send_ref': return [p + 'last = G[%r].send(%s)' % (s[1], ex(s[2]))]
        if k == 'throw_ref': return [p + 'last = G[%r].throw(MK(%r, None))' % (s[1], s[2])]
        if k == 'close_ref': return [p + 'last = G[%r].close()' % s[1]]
        if k == 'for_ref': return [p + 'for last in G[%r]:' % s[1]] + self.block(s[2], ind + 1, ld + 1, ev)
        raise SystemExit('bad stmt %r' % (s,))

def xname(e):
    m = xmsg(e)
    return '!' + type(e).__name__ + ('' if m is None else ':' + m)
def xmsg(e):
    if isinstance(e, StopIteration):
        return None if e.value is None else str(e.value)
    s = str(e)
    return s if s else None

def run(scn, collect=False):
    """collect: after every operation, and not only where something is dropped"""
    emits = []
    unr = []
    def EMIT(v): emits.append(v)
    c = Comp()
    names = {g: c.func(b) for g, b in scn['gens'].items()}
    G = {}
    ns = dict(EMIT=EMIT, XN=xname, MK=mkexc, OBJ=mkobj, G=G, **EXC)
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        exec(compile('\n'.join(c.funcs), scn['id'], 'exec'), ns)
    for g, f in names.items(): G[g] = ns[f]()
    old = sys.unraisablehook
    sys.unraisablehook = lambda u: unr.append(rec_exc(u.exc_value))
    trace = []
    try:
        for op in scn['ops']:
            k, g = op[0], op[1]
            emits.clear(); unr.clear()
            if k == 'drop':
                G.pop(g, None); gc.collect()
                trace.append({'emits': list(emits), 'out': {'dropped': unr[0] if unr else None}, 'state': 'dropped'})
                continue
            try:
                if k == 'next': out = {'yield': next(G[g])}
                elif k == 'send': out = {'yield': G[g].send(op[2])}
                elif k == 'throw': out = {'yield': G[g].throw(mkexc(op[2], op[3] if len(op) > 3 else None))}
                elif k == 'close': out = {'closed': G[g].close()}
                else: raise SystemExit('bad op')
            except StopIteration as e: out = {'stop': e.value}
            except BaseException as e: out = rec_exc(e)
            if collect: gc.collect()
            trace.append({'emits': list(emits), 'out': out,
                          'state': inspect.getgeneratorstate(G[g])[4:].lower()})
    finally:
        sys.unraisablehook = old
    return trace
def rec_exc(e):
    r = {'raise': type(e).__name__, 'msg': xmsg(e)}
    if e.__cause__ is not None: r['cause'] = type(e.__cause__).__name__
    if e.__context__ is not None: r['context'] = type(e.__context__).__name__
    return r

# ---------------------------------------------------------------- random programs
class Fuzz:
    def __init__(self, rng): self.r = rng
    def val(self): return self.r.choice([1, 2, 3, 4, 5, 'a', 'b', None, '$last', '$last'])
    def err(self): return self.r.choice(['E1', 'E1', 'E2', 'E3', 'ValueError', 'StopIteration', 'GeneratorExit'])
    def kinds(self):
        return self.r.choice([['E1'], ['E1'], ['E2'], ['E1', 'E2'], ['E3'], ['GeneratorExit'], ['GeneratorExit'],
                              ['BaseException'], ['Exception'], ['RuntimeError'], ['StopIteration'], ['ValueError']])
    def body(self, depth, lo=1, hi=4, loop=False, hand=False, refs=()):
        out = []
        for _ in range(self.r.randint(lo, hi)):
            if self.budget <= 0: break
            s = self.stmt(depth, loop, hand, refs); out.append(s)
            if s[0] in ('return', 'raise', 'reraise', 'break', 'continue', 'raise_from'): break
        return out
    def stmt(self, depth, loop, hand, refs):
        r = self.r; self.budget -= 1
        w = [('yield', 36), ('emit', 13), ('set', 3), ('return', 2.5), ('raise', 4)]
        if depth > 0: w += [('try', 22), ('loop', 6), ('yield_from', 14), ('yield_from_list', 3), ('yield_from_obj', 3)]
        if loop: w += [('break', 3), ('continue', 2)]
        if hand: w += [('reraise', 6), ('emit_exc', 10)]
        if refs: w += [('yield_from_ref', 5), ('next_ref', 5), ('send_ref', 3), ('throw_ref', 2), ('close_ref', 2), ('for_ref', 3)]
        k = r.choices([a for a, _ in w], [b for _, b in w])[0]
        d = depth - 1
        if k in ('yield', 'emit', 'set', 'return'): return [k, self.val()]
        if k == 'raise':
            e = self.err(); return [k, e] if r.random() < .5 else [k, e, 'm%d' % r.randint(1, 3)]
        if k in ('reraise', 'emit_exc', 'break', 'continue'): return [k]
        if k == 'loop': return [k, r.randint(1, 3), self.body(d, 1, 3, True, hand, refs)]
        if k == 'try':
            b = self.body(d, 1, 3, loop, hand, refs)
            hs = [[self.kinds(), self.body(d, 1, 3, loop, True, refs)] for _ in range(r.choice([0, 1, 1, 1, 2]))]
            fin = self.body(d, 1, 2, False, hand, refs) if (not hs or r.random() < .4) else None
            el = self.body(d, 1, 2, loop, hand, refs) if hs and r.random() < .12 else None
            return [k, b, hs, fin, el]
        if k == 'yield_from': return [k, self.body(d, 1, 4, False, False, refs)]
        if k == 'yield_from_list': return [k, [r.randint(10, 15) for _ in range(r.randint(0, 3))]]
        if k == 'yield_from_obj':
            return [k, [r.randint(20, 25) for _ in range(r.randint(0, 3))],
                    sorted(r.sample(['send', 'throw', 'close'], r.randint(0, 3)))]
        g = r.choice(refs)
        if k in ('yield_from_ref', 'next_ref', 'close_ref'): return [k, g]
        if k == 'send_ref': return [k, g, self.val()]
        if k == 'throw_ref': return [k, g, self.err()]
        if k == 'for_ref': return [k, g, self.body(d, 1, 2, True, hand, refs)]
    def scenario(self, i, prefix):
        r = self.r
        two = r.random() < .22
        gens = {}
        self.budget = r.randint(6, 26)
        gens['main'] = self.body(4, 2, 6, False, False, ('b', 'b', 'b', 'main') if two else ())
        if two:
            self.budget = r.randint(3, 10)
            gens['b'] = self.body(2, 1, 4, False, False, ('main',) if r.random() < .15 else ())
        ops = []
        names = ['main'] * 5 + (['b'] if two else [])
        for j in range(r.randint(3, 9)):
            g = r.choice(names)
            if j == 0: k = r.choices(['next', 'sendnone', 'send', 'throw', 'close'], [72, 12, 5, 7, 4])[0]
            else: k = r.choices(['next', 'sendnone', 'send', 'throw', 'close'], [38, 2, 24, 26, 10])[0]
            if k == 'next': ops.append(['next', g])
            elif k == 'sendnone': ops.append(['send', g, None])
            elif k == 'send': ops.append(['send', g, r.choice([7, 8, 9, 'x', 'y'])])
            elif k == 'throw':
                e = r.choice(['E1', 'E1', 'E2', 'E3', 'GeneratorExit', 'StopIteration', 'ValueError'])
                ops.append(['throw', g, e] if r.random() < .6 else ['throw', g, e, 't%d' % r.randint(1, 3)])
            else: ops.append(['close', g])
        ops += [['drop', g] for g in gens]
        return {'id': '%s%04d' % (prefix, i), 'gens': gens, 'ops': ops}

# ---------------------------------------------------------------- curated
def curated():
    S = []
    def add(tag, desc, body, ops, **extra):
        gens = body if isinstance(body, dict) else {'main': body}
        full = []
        for o in ops:
            o = list(o)
            if len(o) == 1 or (o[0] in ('send', 'throw') and o[1] not in gens): o.insert(1, 'main')
            full.append(o)
        full += [['drop', g] for g in gens]
        S.append({'id': 'c%03d' % len(S), 'tag': tag, 'desc': desc, 'gens': gens, 'ops': full})
    N = ('next',); CL = ('close',)
    def SD(v): return ('send', v)
    def TH(e, *m): return ('throw', e) + m
    OPS = [('next', N), ('send None', SD(None)), ('send 5', SD(5)), ('throw E1', TH('E1', 't')),
           ('throw GeneratorExit', TH('GeneratorExit')), ('throw StopIteration', TH('StopIteration', 'sv')), ('close', CL), ('drop only', None)]
    B = {
     'empty body': [],
     'return 9': [['return', 9]],
     'one yield then return last': [['emit', 'start'], ['yield', 1], ['return', '$last']],
     'try/except any around yield': [['try', [['yield', 1]], [[['BaseException'], [['emit_exc'], ['return', 'h']]]], None, None]],
     'try/finally around yield': [['try', [['yield', 1]], [], [['emit', 'fin']], None]],
    }
    for bn, b in B.items():
        for on, o in OPS:
            add('unstarted', '%s; first op: %s' % (bn, on), b, [o, N] if o else [])
    def T(h, fin=None, el=None, after=None):
        return [['try', [['emit', 'in'], ['yield', 1], ['emit', 'resumed'], ['yield', '$last']], h, fin, el]] + (after or [['emit', 'after'], ['yield', 'tail']])
    SB = {
     'plain': [['yield', 1], ['emit', '$last'], ['yield', '$last'], ['return', 'r']],
     'catch E1, continue': T([[['E1'], [['emit_exc']]]]),
     'catch E1, yield in handler': T([[['E1'], [['yield', 'h'], ['emit', '$last']]]]),
     'catch E1, return': T([[['E1'], [['return', 'ret']]]]),
     'catch E1, raise E2': T([[['E1'], [['raise', 'E2', 'new']]]]),
     'catch E1, reraise': T([[['E1'], [['emit', 'cleanup'], ['reraise']]]]),
     'catch BaseException, swallow all': T([[['BaseException'], [['emit_exc']]]]),
     'catch GeneratorExit, return value': T([[['GeneratorExit'], [['emit', 'ge'], ['return', 'closed-val']]]]),
     'catch GeneratorExit, yield (illegal)': T([[['GeneratorExit'], [['yield', 'bad'], ['emit', 'post-bad']]]]),
     'catch GeneratorExit, reraise': T([[['GeneratorExit'], [['emit', 'ge'], ['reraise']]]]),
     'catch GeneratorExit, raise E2': T([[['GeneratorExit'], [['raise', 'E2', 'on-close']]]]),
     'finally emits': T([], [['emit', 'fin']]),
     'finally yields': T([], [['yield', 'fy'], ['emit', 'post-fy']]),
     'finally returns (swallows)': T([], [['return', 'fret']]),
     'finally raises E2': T([], [['raise', 'E2', 'fr']]),
     'except Exception does not catch GeneratorExit': T([[['Exception'], [['emit_exc']]]], [['emit', 'fin']]),
    }
    for bn, b in SB.items():
        for on, o in OPS:
            if on == 'send None': continue
            add('suspended', '%s; after one next: %s' % (bn, on), b, [N] + ([o, N] if o else []))
    FIN = {'returned': ([['yield', 1], ['return', 'rv']], [N, N]), 'raised': ([['yield', 1], ['raise', 'E1', 'boom']], [N, N]),
           'closed': ([['yield', 1], ['yield', 2]], [N, CL])}
    for fn, (b, pre) in FIN.items():
        for on, o in OPS:
            if o: add('finished', 'generator already %s; then: %s' % (fn, on), b, pre + [o, N, CL])
    # --- yield from: sub kind x op, parent observes
    subs = {
     'gen plain': ['yield_from', [['yield', 's1'], ['emit', '$last'], ['yield', 's2'], ['return', 'sub-ret']]],
     'gen catches E1 and yields': ['yield_from', [['try', [['yield', 's1']], [[['E1'], [['emit_exc'], ['yield', 'caught']]]], None, None], ['return', 'sub-ret']]],
     'gen returns on throw': ['yield_from', [['try', [['yield', 's1']], [[['BaseException'], [['emit_exc'], ['return', 'ret-on-throw']]]], None, None]]],
     'gen converts to E2': ['yield_from', [['try', [['yield', 's1']], [[['BaseException'], [['emit_exc'], ['raise', 'E2', 'conv']]]], None, None]]],
     'gen ignores GeneratorExit': ['yield_from', [['try', [['yield', 's1']], [[['GeneratorExit'], [['yield', 'bad']]]], None, None], ['yield', 's2']]],
     'gen finally emits': ['yield_from', [['try', [['yield', 's1']], [], [['emit', 'sub-fin']], None], ['yield', 's2']]],
     'list iterator (no send/throw/close)': ['yield_from_list', [10, 11]],
     'object next only': ['yield_from_obj', [20, 21], []],
     'object with close': ['yield_from_obj', [20, 21], ['close']],
     'object with throw': ['yield_from_obj', [20, 21], ['throw']],
     'object with send/throw/close': ['yield_from_obj', [20, 21, 22], ['close', 'send', 'throw']],
    }
    for sn, s in subs.items():
        body = [['emit', 'p-start'], ['try', [s, ['emit', 'sub done'], ['emit', '$last']],
                 [[['BaseException'], [['emit_exc'], ['reraise']]]], [['emit', 'p-fin']], None], ['yield', 'p-tail'], ['return', 'p-ret']]
        for on, o in OPS:
            if on in ('send None',): continue
            add('yield_from', 'sub: %s; after one next: %s' % (sn, on), body, [N] + ([o, N, N] if o else []))
    # parent catches
    for kinds in (['E1'], ['E2'], ['AttributeError'] if 0 else ['Exception'], ['GeneratorExit']):
        body = [['try', [['yield_from', [['yield', 1], ['raise', 'E1', 'sub']]]], [[kinds, [['emit_exc'], ['yield', 'p-caught']]]], None, None], ['return', 'end']]
        add('yield_from', 'sub raises E1, parent catches %s' % kinds, body, [N, N, N])
        add('yield_from', 'throw E1 uncaught by sub, parent catches %s' % kinds, body, [N, TH('E1'), N])
    # 3 deep
    def deep(level_catch, kinds, act):
        def wrap(lv, inner):
            b = [inner, ['emit', 'L%d got' % lv], ['emit', '$last'], ['yield', 'L%d' % lv], ['return', 'ret%d' % lv]]
            if lv == level_catch:
                b = [['try', [inner], [[kinds, [['emit', 'caught at L%d' % lv], ['emit_exc']] + act]], None, None]] + b[1:]
            return b
        core = [['yield', 'core'], ['emit', '$last'], ['return', 'core-ret']]
        l3 = wrap(3, ['yield_from', core]); l2 = wrap(2, ['yield_from', l3]); return wrap(1, ['yield_from', l2])
    for lv in (1, 2, 3):
        for on, o in (('throw E1', TH('E1')), ('close', CL), ('throw StopIteration', TH('StopIteration', 7))):
            add('deep', '3 levels, catch BaseException at L%d and continue; %s' % (lv, on), deep(lv, ['BaseException'], []), [N, o, N, N])
        add('deep', '3 levels, catch at L%d and yield in handler; close' % lv, deep(lv, ['BaseException'], [['yield', 'y']]), [N, CL, N, N])
        add('deep', '3 levels, catch E1 at L%d and return; throw E1' % lv, deep(lv, ['E1'], [['return', 'hr']]), [N, TH('E1'), N, N])
    add('deep', '3 levels, plain send all the way', deep(0, ['E1'], []), [N, SD(1), SD(2), SD(3), SD(4)])
    # re-entrancy
    for k in (['next_ref', 'main'], ['send_ref', 'main', 3], ['throw_ref', 'main', 'E1'], ['close_ref', 'main'], ['yield_from_ref', 'main'], ['for_ref', 'main', [['emit', '$last']]]):
        add('reentrant', '%s on itself, uncaught' % k[0], [['yield', 1], k, ['yield', 2]], [N, N, N])
        add('reentrant', '%s on itself, caught' % k[0], [['yield', 1], ['try', [k], [[['ValueError'], [['emit_exc']]]], None, None], ['yield', 2]], [N, N, N])
    add('reentrant', 'mutual: main nexts b, b nexts main', {'main': [['try', [['next_ref', 'b']], [[['ValueError'], [['emit_exc']]]], None, None], ['yield', 'm']],
        'b': [['next_ref', 'main'], ['yield', 'b']]}, [('next', 'main'), ('next', 'b')])
    add('reentrant', 'driver advances shared sub underneath the delegating parent', {'main': [['yield_from_ref', 'b'], ['emit', 'done'], ['emit', '$last']],
        'b': [['yield', 1], ['yield', 2], ['yield', 3], ['return', 'br']]}, [('next', 'main'), ('next', 'b'), ('next', 'main'), ('next', 'main')])
    add('reentrant', 'driver exhausts shared sub; parent then resumes', {'main': [['yield_from_ref', 'b'], ['emit', 'done'], ['emit', '$last'], ['yield', 'tail']],
        'b': [['yield', 1], ['return', 'br']]}, [('next', 'main'), ('next', 'b'), ('next', 'main'), ('next', 'main')])
    add('reentrant', 'driver closes shared sub; parent then resumes', {'main': [['yield_from_ref', 'b'], ['emit', 'done'], ['emit', '$last'], ['yield', 'tail']],
        'b': [['yield', 1], ['yield', 2]]}, [('next', 'main'), ('close', 'b'), ('send', 'main', 4), ('next', 'main')])
    add('reentrant', 'sub nexts the parent that delegates to it', {'main': [['yield_from_ref', 'b']], 'b': [['yield', 1], ['next_ref', 'main'], ['yield', 2]]}, [('next', 'main'), ('next', 'main'), ('next', 'b')])
    add('reentrant', 'driver nexts sub, sub nexts suspended delegating parent', {'main': [['yield_from_ref', 'b']], 'b': [['yield', 1], ['try', [['next_ref', 'main']], [[['ValueError'], [['emit_exc']]]], None, None], ['yield', 2]]}, [('next', 'main'), ('next', 'b')])
    add('reentrant', 'main closes shared b while suspended elsewhere', {'main': [['next_ref', 'b'], ['emit', '$last'], ['close_ref', 'b'], ['emit', '$last'], ['yield', 1]], 'b': [['try', [['yield', 'b1']], [[['GeneratorExit'], [['emit', 'b-ge'], ['return', 'b-closed']]]], None, None]]}, [('next', 'main'), ('next', 'b')])
    # PEP 479
    P = {'raise StopIteration in body': [['yield', 1], ['raise', 'StopIteration', 'v']],
         'raise StopIteration before first yield': [['raise', 'StopIteration'], ['yield', 1]],
         'raise StopIteration in handler': [['try', [['yield', 1], ['raise', 'E1']], [[['E1'], [['raise', 'StopIteration', 'v']]]], None, None]],
         'raise StopIteration in finally': [['try', [['yield', 1]], [], [['raise', 'StopIteration', 'v']], None]],
         'raise StopIteration in sub': [['yield_from', [['yield', 1], ['raise', 'StopIteration', 'v']]], ['emit', 'unreached']],
         'raise StopIteration in sub, parent catches RuntimeError': [['try', [['yield_from', [['yield', 1], ['raise', 'StopIteration', 'v']]]], [[['RuntimeError'], [['emit_exc'], ['yield', 'ok']]]], None, None]],
         'raise StopIteration in sub, parent catches StopIteration (no)': [['try', [['yield_from', [['yield', 1], ['raise', 'StopIteration', 'v']]]], [[['StopIteration'], [['emit_exc'], ['yield', 'ok']]]], None, None]],
         'own StopIteration caught inside': [['try', [['yield', 1], ['raise', 'StopIteration', 'v']], [[['StopIteration'], [['emit_exc'], ['yield', 'ok']]]], None, None]],
         'raise E1 from E2': [['yield', 1], ['raise_from', 'E1', 'E2']]}
    for n, b in P.items():
        add('pep479', n, b, [N, N, N]); add('pep479', n + '; close instead', b, [N, CL, N])
    add('pep479', 'next(exhausted) inside body -> RuntimeError', {'main': [['next_ref', 'b'], ['emit', '$last'], ['next_ref', 'b'], ['yield', 1]], 'b': [['yield', 'b1']]}, [('next', 'main')])
    add('pep479', 'next(exhausted) inside body caught as StopIteration', {'main': [['yield', 0], ['try', [['next_ref', 'b']], [[['StopIteration'], [['emit_exc'], ['yield', 'caught']]]], None, None]], 'b': [['return', 'bv'], ['yield', 1]]}, [('next', 'main'), ('next', 'main'), ('next', 'main')])
    add('pep479', 'throw StopIteration at a yield in parent of a list delegate', [['yield_from_list', [1, 2]], ['yield', 3]], [N, TH('StopIteration', 'x'), N])
    # close() return value (3.13)
    for n, b in {
        'return in GeneratorExit handler': [['try', [['yield', 1]], [[['GeneratorExit'], [['return', 'v']]]], None, None]],
        'fall off the end after swallowing GeneratorExit': [['try', [['yield', 1]], [[['GeneratorExit'], []]], None, None]],
        'return in finally': [['try', [['yield', 1]], [], [['return', 'fv']], None]],
        'sub returns on GeneratorExit; parent does not': [['yield_from', [['try', [['yield', 1]], [[['GeneratorExit'], [['return', 'sv']]]], None, None]]], ['emit', 'parent continued?'], ['return', '$last']],
        'sub swallows, parent catches too and returns': [['try', [['yield_from', [['try', [['yield', 1]], [[['GeneratorExit'], [['emit', 'sub']]]], None, None]]]], [[['GeneratorExit'], [['emit', 'par'], ['return', 'pv']]]], None, None]],
        'handler raises StopIteration': [['try', [['yield', 1]], [[['GeneratorExit'], [['raise', 'StopIteration', 'v']]]], None, None]],
        'handler loops: swallow and return': [['loop', 3, [['try', [['yield', 1]], [[['GeneratorExit'], [['break']]]], None, None]]], ['return', 'broke']],
        'handler swallows then next loop iteration yields': [['loop', 3, [['try', [['yield', 1]], [[['GeneratorExit'], [['emit', 'ge']]]], None, None]]], ['return', 'end']],
        'nested finally both emit': [['try', [['try', [['yield', 1]], [], [['emit', 'inner']], None]], [], [['emit', 'outer']], None]],
    }.items():
        add('close', n, b, [N, CL, CL, N]); add('close', n + '; dropped instead', b, [N])
        add('close', n + '; GeneratorExit thrown instead', b, [N, TH('GeneratorExit'), N])
    add('close', 'close unstarted runs nothing', [['emit', 'never'], ['try', [['yield', 1]], [], [['emit', 'never']], None]], [CL, CL, N])
    add('close', 'close after ignored GeneratorExit: second close works', [['try', [['yield', 1]], [[['GeneratorExit'], [['yield', 'bad']]]], None, None], ['yield', 'later']], [N, CL, CL, N])
    add('close', 'generator goes on living after ignored GeneratorExit', [['try', [['yield', 1]], [[['GeneratorExit'], [['yield', 'bad']]]], None, None], ['yield', 'later'], ['return', 'r']], [N, CL, N, N])
    # seed shapes
    add('seed', '003 countdown', [['emit', 'Count down from 3'], ['yield', 3], ['yield', 2], ['yield', 1], ['return', None]], [N, N, N, N, N])
    add('seed', '003 countdown with GeneratorExit', [['try', [['yield', 3], ['yield', 2], ['yield', 1]], [[['GeneratorExit'], [['emit', 'Only made it to 2']]]], None, None]], [N, N, CL, N])
    add('seed', '003 receiver', [['emit', 'Ready to receive'], ['loop', 3, [['yield', None], ['emit', '$last']]]], [N, SD(1), SD(2), SD('hello'), CL, SD(4)])
    add('seed', '003 receiver close', [['emit', 'Ready'], ['try', [['loop', 3, [['yield', None], ['emit', '$last']]]], [[['GeneratorExit'], [['emit', 'Receive done']]]], None, None]], [N, SD('hello, world'), CL, SD(4)])
    add('seed', "003 receiver throw RuntimeError", [['emit', 'Ready'], ['try', [['loop', 3, [['yield', None], ['emit', '$last']]]], [[['GeneratorExit'], [['emit', 'Receive done']]]], None, None]], [N, SD('hello, world'), TH('RuntimeError', "You're hosed!"), SD(1)])
    add('seed', '003 line_splitter (echo shape)', [['emit', 'Ready to split'], ['set', None], ['loop', 3, [['yield', '$last'], ['emit', '$last']]]], [N, SD('A,B,C'), SD('100')])
    add('seed', '003 forgot to prime', [['loop', 2, [['yield', None], ['emit', '$last']]]], [SD(1), SD(None), SD(1)])
    add('seed', '003 averager return value via StopIteration', [['loop', 5, [['yield', None], ['emit', '$last']]], ['return', 'Result']], [N, SD(10), SD(30), SD(6.5), SD(None), SD(0)])
    add('seed', '003 chain2', [['yield_from_list', ['A', 'B', 'C']], ['yield_from_list', [0, 1, 2]]], [N] * 7)
    add('seed', '003 grouper: delegating generator loops', [['loop', 2, [['yield_from', [['yield', None], ['emit', '$last'], ['yield', None], ['return', 'avg']]], ['emit', '$last']]]], [N, SD(1), SD(None), SD(2), SD(None), N])
    add('seed', '003 pull pipeline', {'main': [['for_ref', 'b', [['emit', '$last'], ['yield', '$last']]], ['return', 'end']], 'b': [['yield', 'l1'], ['yield', 'l2']]}, [('next', 'main'), ('next', 'main'), ('next', 'main')])
    add('seed', '003 push pipeline', {'main': [['next_ref', 'b'], ['loop', 3, [['yield', None], ['send_ref', 'b', '$last']]]], 'b': [['loop', 4, [['yield', None], ['emit', '$last']]]]}, [('next', 'main'), ('send', 'main', 'x'), ('send', 'main', 'y'), ('close', 'main'), ('close', 'b')])
    add('seed', '003 push pipeline: closed target', {'main': [['next_ref', 'b'], ['loop', 3, [['yield', None], ['send_ref', 'b', '$last']]]], 'b': [['loop', 1, [['yield', None], ['emit', '$last']]]]}, [('next', 'main'), ('send', 'main', 'x'), ('send', 'main', 'y')])
    add('seed', '003 async_sleep(0) style delegate: bare yields', [['yield_from', [['yield', None]]], ['yield_from', [['yield', None]]], ['return', True]], [N, N, N])
    # exception context / inheritance / misc
    add('misc', 'E3 is caught by except E1', [['try', [['yield', 1]], [[['E1'], [['emit_exc'], ['yield', 2]]]], None, None]], [N, TH('E3', 'm'), N])
    add('misc', 'E1 is not caught by except E3', [['try', [['yield', 1]], [[['E3'], [['emit_exc'], ['yield', 2]]]], None, None]], [N, TH('E1', 'm'), N])
    add('misc', 'first matching handler wins', [['try', [['yield', 1]], [[['E1'], [['emit', 'first']]], [['BaseException'], [['emit', 'second']]]], None, None]], [N, TH('E3')])
    add('misc', 'handler errors do not reach sibling handlers', [['try', [['yield', 1]], [[['E1'], [['raise', 'E2']]], [['E2'], [['emit', 'no']]]], None, None]], [N, TH('E1')])
    add('misc', 'else runs only without error', [['try', [['yield', 1]], [[['E1'], [['emit', 'h']]]], [['emit', 'f']], [['emit', 'else']]]], [N, N])
    add('misc', 'else errors are not caught', [['try', [['yield', 1]], [[['E1'], [['emit', 'h']]]], [['emit', 'f']], [['raise', 'E1', 'else']]]], [N, N])
    add('misc', 'finally runs on return, return value kept', [['try', [['yield', 1], ['return', 'kept']], [], [['emit', 'f']], None]], [N, N])
    add('misc', 'finally overrides return', [['try', [['yield', 1], ['return', 'lost']], [], [['return', 'wins']], None]], [N, N])
    add('misc', 'finally yields between return and stop', [['try', [['return', 'kept']], [], [['yield', 'f1'], ['yield', 'f2']], None]], [N, N, N])
    add('misc', 'throw while suspended in finally-yield of a return replaces it', [['try', [['return', 'lost']], [], [['yield', 'f1']], None]], [N, TH('E1')])
    add('misc', 'throw while suspended in finally-yield of an exception: context', [['try', [['raise', 'E1', 'orig']], [], [['yield', 'f1']], None]], [N, TH('E2', 'repl')])
    add('misc', 'next while suspended in finally-yield of an exception: original re-raised', [['try', [['raise', 'E1', 'orig']], [], [['yield', 'f1']], None]], [N, N, N])
    add('misc', 'break through finally with yield', [['loop', 3, [['try', [['yield', 1], ['break']], [], [['yield', 'f'], ['emit', '$last']], None]]], ['return', 'out']], [N, N, SD('s')])
    add('misc', 'continue through finally', [['loop', 2, [['try', [['yield', 1], ['continue']], [], [['emit', 'f']], None]]], ['return', 'out']], [N, N, N])
    add('misc', 'send value seen by last, next gives None', [['yield', 1], ['emit', '$last'], ['yield', 2], ['emit', '$last'], ['yield', 3]], [N, SD('v'), N])
    add('misc', 'send value discarded by list delegate error', [['yield_from_list', [1, 2, 3]]], [N, N, SD(5), N])
    add('misc', 'send None to list delegate is next', [['yield_from_list', [1, 2, 3]]], [N, SD(None), N, N])
    add('misc', 'empty yield from list returns None', [['yield_from_list', []], ['emit', '$last'], ['yield', 'x']], [N, N])
    add('misc', 'yield from returns sub value without any yield', [['yield_from', [['return', 'quick']]], ['emit', '$last'], ['yield', 'x']], [N, N])
    add('misc', 'yield from obj: StopIteration value is the result', [['yield_from_obj', [20], []], ['return', '$last']], [N, N])
    add('misc', 'throw on obj with throw whose throw raises StopIteration: parent goes on', [['yield_from_obj', [20], ['throw']], ['emit', '$last'], ['yield', 'x']], [N, TH('E1'), N])
    add('misc', 'GeneratorExit thrown at obj without close: raised in parent', [['try', [['yield_from_obj', [20, 21], []]], [[['GeneratorExit'], [['emit', 'p-ge'], ['yield', 'x']]]], None, None]], [N, TH('GeneratorExit'), N])
    add('misc', 'yield from exhausted generator', {'main': [['yield_from_ref', 'b'], ['emit', '$last'], ['yield', 'x']], 'b': [['yield', 1], ['return', 'bv']]}, [('next', 'b'), ('next', 'b'), ('next', 'main'), ('next', 'main')])
    add('misc', 'two generators from one body are independent', {'main': [['yield', 1], ['yield', 2]], 'b': [['yield', 1], ['yield', 2]]}, [('next', 'main'), ('next', 'b'), ('next', 'main'), ('next', 'b')])
    add('misc', 'KeyboardInterrupt passes except Exception', [['try', [['yield', 1]], [[['Exception'], [['emit', 'no']]]], [['emit', 'f']], None]], [N, TH('KeyboardInterrupt'), N])
    add('misc', 'thrown exception raised inside handler: context chain', [['try', [['raise', 'E1', 'a']], [[['E1'], [['yield', 'in-handler']]]], None, None]], [N, TH('E2', 'b')])
    add('misc', 'drop unstarted: nothing runs', [['try', [['emit', 'no'], ['yield', 1]], [], [['emit', 'no']], None]], [])
    add('misc', 'drop suspended in handler', [['try', [['raise', 'E1']], [[['E1'], [['yield', 'h']]]], [['emit', 'fin']], None]], [N])
    add('misc', 'drop: finally raises -> unraisable', [['try', [['yield', 1]], [], [['raise', 'E2', 'in fin']], None]], [N])
    add('misc', 'drop: nested yield_from finalises inner first', [['try', [['yield_from', [['try', [['yield', 1]], [], [['emit', 'inner']], None]]]], [], [['emit', 'outer']], None]], [N])
    return S

def main():
    gc.freeze()      # so that a collection has little to look at
    mode = sys.argv[1]
    ver = '.'.join(map(str, sys.version_info[:3]))
    if mode == 'curated': scs = curated(); out = sys.argv[2]; meta = {'kind': 'curated'}
    elif mode == 'fuzz':
        seed, count, out = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        rng = random.Random(seed); f = Fuzz(rng); scs = []
        meta = {'kind': 'fuzz', 'seed': seed}
        seen = set()
        while len(scs) < count:
            s = f.scenario(len(scs), 'f%d_' % seed)
            key = json.dumps([s['gens'], s['ops']])
            if key in seen or '"yield' not in key: continue
            # keep the trace dense: at most two driver operations after everything is finished
            t = run(s); cut = None; alive = set(s['gens'])
            for i, (o, e) in enumerate(zip(s['ops'], t)):
                if o[0] == 'drop': break
                if e['state'] == 'closed': alive.discard(o[1])
                if 'main' not in alive and cut is None: cut = i + 1
            if cut is not None:
                if cut <= 3 and rng.random() < .65: continue      # finished too soon: mostly uninteresting
                tail = [o for o in s['ops'][cut:] if o[0] != 'drop' and (o[1] in alive or rng.random() < .3)][:3]
                s['ops'] = s['ops'][:cut] + tail + [['drop', g] for g in s['gens']]
            # what `except ... as e` keeps alive in a cycle ends when the collector runs: no part of the protocol
            if run(s) != run(s, collect=True): continue
            seen.add(key); scs.append(s)
            s['id'] = 'f%d_%04d' % (seed, len(scs) - 1)
    elif mode == 'replay':
        d = json.load(open(sys.argv[2])); bad = []
        for s in d['scenarios']:
            if run(s) != s['expect']: bad.append(s['id'])
        print('%s on %s: %d scenarios, %d differ%s' % (sys.argv[2], ver, len(d['scenarios']), len(bad), (': ' + ' '.join(bad)) if bad else ''))
        return
    for s in scs: s['expect'] = run(s)
    with open(out, 'w') as fp:
        fp.write('{"format": 1, "family": "generator", "cpython": "%s", "meta": %s, "scenarios": [\n' % (ver, json.dumps(meta)))
        fp.write(',\n'.join(json.dumps(s) for s in scs)); fp.write('\n]}\n')
    print(out, len(scs))
if __name__ == '__main__': main()
