"""Records what asyncio's StreamReader does: scenarios are fed by hand, and need no network.

    python3.13 stream_vm.py curated OUT.json
    python3.13 stream_vm.py fuzz SEED COUNT OUT.json
    python3.13 stream_vm.py replay FILE.json                 runs them again, and names those that differ

A scenario is {"id", "limit"?, "ops": [OP…]}, an OP one of

    ["feed", text] ["eof"] ["exc", text] ["turn"]           of the transport; "turn" lets the loop take one turn
    ["read", n] ["readline"] ["readuntil", sep | [sep…]] ["readexactly", n]   a task begins (it is named by its number)
    ["cancel", task] ["at_eof"]

and the record of each OP {"buffer", "eof", "done": [[task, OUTCOME]…], "out"?, "transport"?}: what is in the buffer
afterwards (as the next read would see it), at_eof(), the tasks that ended since the last record, what the operation
returned, and what it asked of the transport. Bytes are latin-1 text.
"""
import asyncio
import json
import random
import sys


class Transport:
    def __init__(self):
        self.paused = False
        self.log = []

    def pause_reading(self):
        assert not self.paused
        self.paused = True
        self.log.append('pause')

    def resume_reading(self):
        assert self.paused
        self.paused = False
        self.log.append('resume')


def text(data):
    return bytes(data).decode('latin-1')


def outcome(task):
    if task.cancelled():
        return {'cancelled': True}
    exc = task.exception()
    if exc is None:
        return {'bytes': text(task.result())}
    out = {'raise': type(exc).__name__, 'msg': str(exc)}
    if isinstance(exc, asyncio.IncompleteReadError):
        out['partial'], out['expected'] = text(exc.partial), exc.expected
    if isinstance(exc, asyncio.LimitOverrunError):
        out['consumed'] = exc.consumed
    return out


async def run(scenario):
    reader = asyncio.StreamReader(limit=scenario.get('limit', 2 ** 16))
    transport = Transport()
    reader.set_transport(transport)
    tasks, told, records = [], set(), []
    for op in scenario['ops']:
        out = None
        name, *args = op
        try:
            if name == 'feed':
                reader.feed_data(args[0].encode('latin-1'))
            elif name == 'eof':
                reader.feed_eof()
            elif name == 'exc':
                reader.set_exception(ConnectionResetError(args[0]))
            elif name == 'turn':
                await asyncio.sleep(0)
            elif name == 'cancel':
                out = tasks[args[0]].cancel() if args[0] < len(tasks) else None
            elif name == 'at_eof':
                out = reader.at_eof()
            elif not scenario.get('both') and any(not task.done() for task in tasks):
                out = 'busy'  # two that wait at once have no order that asyncio promises
            else:
                if name == 'readuntil':
                    sep = args[0]
                    args = [tuple(s.encode('latin-1') for s in sep) if isinstance(sep, list) else sep.encode('latin-1')]
                tasks.append(asyncio.ensure_future(getattr(reader, name)(*args)))
        except AssertionError as exc:
            out = {'raise': 'AssertionError', 'msg': str(exc)}
        done = []
        for number, task in enumerate(tasks):
            if task.done() and number not in told:
                told.add(number)
                done.append([number, outcome(task)])
        record = {'buffer': text(reader._buffer), 'eof': reader.at_eof(), 'done': done}
        if out is not None:
            record['out'] = out
        if transport.log:
            record['transport'] = transport.log
            transport.log = []
        records.append(record)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return records


CURATED = [
    ('read gives what is there', {}, [['feed', 'abc'], ['read', 10], ['turn']]),
    ('read waits', {}, [['read', 10], ['turn'], ['feed', 'abc'], ['turn'], ['turn']]),
    ('read(0) does not look', {}, [['read', 0], ['turn']]),
    ('read(-1) until the end', {}, [['read', -1], ['turn'], ['feed', 'ab'], ['turn'], ['feed', 'cd'], ['turn'], ['eof'], ['turn'], ['turn']]),
    ('read(-1) that is cancelled loses what it had', {}, [['read', -1], ['turn'], ['feed', 'ab'], ['turn'], ['turn'], ['cancel', 0], ['turn'], ['turn'], ['read', 5], ['turn'], ['feed', 'cd'], ['turn'], ['turn']]),
    ('readexactly that is cancelled loses nothing', {}, [['readexactly', 4], ['turn'], ['feed', 'ab'], ['turn'], ['turn'], ['cancel', 0], ['turn'], ['turn'], ['feed', 'cd'], ['readexactly', 4], ['turn']]),
    ('readline at the end gives the rest', {}, [['feed', 'ab'], ['eof'], ['readline'], ['turn'], ['readline'], ['turn']]),
    ('readuntil at the end raises, with the rest', {}, [['feed', 'ab'], ['eof'], ['readuntil', '\n'], ['turn'], ['readuntil', '\n'], ['turn']]),
    ('readexactly at the end raises, with the rest', {}, [['feed', 'ab'], ['eof'], ['readexactly', 3], ['turn']]),
    ('readline over the limit, newline found', {'limit': 3}, [['feed', 'abcdef\nxy\n'], ['readline'], ['turn'], ['readline'], ['turn']]),
    ('readline over the limit, newline not found', {'limit': 3}, [['feed', 'abcdef'], ['readline'], ['turn'], ['readline'], ['turn']]),
    ('readuntil over the limit keeps the buffer', {'limit': 3}, [['feed', 'abcdef\nxy'], ['readuntil', '\n'], ['turn'], ['read', 100], ['turn']]),
    ('the shortest separator', {}, [['feed', 'aXYb'], ['readuntil', ['XY', 'X']], ['turn'], ['readuntil', ['b', 'Yb']], ['turn']]),
    ('a separator in two pieces', {}, [['readuntil', 'AAA'], ['turn'], ['feed', 'xAA'], ['turn'], ['turn'], ['feed', 'Ay'], ['turn'], ['turn']]),
    ('no separator', {}, [['readuntil', ''], ['turn'], ['readuntil', []], ['turn']]),
    ('two that wait', {'both': True}, [['read', 1], ['readline'], ['turn'], ['feed', 'a\n'], ['turn'], ['turn']]),
    ('pause above twice the limit, resume at the limit', {'limit': 2}, [['feed', 'abcd'], ['feed', 'e'], ['read', 2], ['turn'], ['read', 1], ['turn'], ['read', 1], ['turn']]),
    ('a wait resumes', {'limit': 2}, [['feed', 'abcde'], ['readexactly', 8], ['turn'], ['feed', 'fgh'], ['turn'], ['turn']]),
    ('an exception', {}, [['feed', 'ab'], ['exc', 'gone'], ['read', 1], ['turn'], ['at_eof']]),
    ('an exception wakes', {}, [['read', 1], ['turn'], ['exc', 'gone'], ['turn'], ['turn']]),
    ('an exception, read(0)', {}, [['exc', 'gone'], ['read', 0], ['turn'], ['readexactly', 0], ['turn']]),
    ('feed after eof', {}, [['eof'], ['feed', 'a']]),
    ('eof while the buffer has bytes', {}, [['feed', 'ab'], ['eof'], ['at_eof'], ['read', 1], ['turn'], ['at_eof'], ['read', 1], ['turn'], ['at_eof'], ['read', 1], ['turn']]),
    ('a negative readexactly', {}, [['readexactly', -1], ['turn']]),
    ('readexactly(0) of nothing', {}, [['readexactly', 0], ['turn']]),
    ('cancelled when the data is there already', {}, [['read', 4], ['turn'], ['feed', 'ab'], ['cancel', 0], ['turn'], ['turn'], ['read', 4], ['turn']]),
]


def fuzz(rng):
    limit = rng.choice([1, 2, 3, 5, 8, 2 ** 16])
    ops, fed = [], True
    alphabet = 'ab\n;'
    def some(longest):
        return ''.join(rng.choice(alphabet) for _ in range(rng.randint(0, longest)))
    for _ in range(rng.randint(4, 14)):
        kind = rng.choice(['feed'] * 4 + ['read', 'readline', 'readuntil', 'readexactly'] * 2 + ['turn'] * 4 + ['cancel', 'at_eof', 'eof', 'exc'])
        if kind == 'feed':
            ops.append(['feed', some(8)])
        elif kind == 'read':
            ops.append(['read', rng.choice([-1, 0, 1, 2, 5, 100])])
        elif kind == 'readexactly':
            ops.append(['readexactly', rng.choice([0, 1, 2, 4, 9])])
        elif kind == 'readuntil':
            ops.append(['readuntil', rng.choice([';', '\n', 'ab', ';\n', ['a', 'ab'], ['b;', ';']])])
        elif kind == 'cancel':
            ops.append(['cancel', rng.randint(0, 3)])
        elif kind == 'exc':
            if rng.random() < 0.3:
                ops.append(['exc', 'gone'])
        elif kind == 'eof':
            if rng.random() < 0.6:
                ops.append(['eof'])
        else:
            ops.append([kind])
        if rng.random() < 0.5:
            ops.append(['turn'])
    ops += [['turn'], ['turn']]
    return {'limit': limit, 'ops': ops}


def main():
    mode = sys.argv[1]
    version = sys.version.split()[0]
    if mode == 'replay':
        with open(sys.argv[2]) as file:
            scenarios = json.load(file)['scenarios']
        differ = [s['id'] for s in scenarios if asyncio.run(run(s)) != s['expect']]
        names = ': ' + ' '.join(differ) if differ else ''
        print(f'{sys.argv[2]} on {version}: {len(scenarios)} scenarios, {len(differ)} differ{names}')
        return
    if mode == 'curated':
        scenarios = [{'id': f's{n:03}', 'desc': desc, **extra, 'ops': ops} for n, (desc, extra, ops) in enumerate(CURATED)]
        path, meta = sys.argv[2], {'kind': 'curated'}
    else:
        seed, count, path = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        rng = random.Random(seed)
        scenarios = [{'id': f'f{n:04}', **fuzz(rng)} for n in range(count)]
        meta = {'kind': 'fuzz', 'seed': seed}
    for scenario in scenarios:
        scenario['expect'] = asyncio.run(run(scenario))
    with open(path, 'w') as out:
        out.write('{"format": 1, "family": "streams", "cpython": "%s", "meta": %s, "scenarios": [\n' % (version, json.dumps(meta)))
        out.write(',\n'.join(json.dumps(s) for s in scenarios))
        out.write('\n]}\n')
    print(path, len(scenarios))


if __name__ == '__main__':
    main()
