"""Records what asyncio's StreamWriter and its transport do, on one end of a pair of sockets in memory.

    python3.13 writer_vm.py curated OUT.json
    python3.13 writer_vm.py fuzz SEED COUNT OUT.json
    python3.13 writer_vm.py replay FILE.json                 runs them again, and names those that differ

A scenario is {"id", "limit", "ops": [OP…]}; the limit is the reader's. The writer has one end, the scenario the far one.
Each socket takes 64 KiB before its peer reads. An OP is one of

    ["write", n] ["writelines", [n…]] ["write_eof"] ["close"] ["abort"] ["limits", high, low]      of the writer
    ["drain"] ["wait_closed"] ["read", n]          a task begins (it is named by its number)
    ["cancel", task] ["turn"]                      "turn" lets the loop make one round
    ["take", n] ["data", n] ["eof"] ["far_close"]  the far end reads up to n bytes, writes n bytes, ends its writing, closes;
                                                   before "take" and "data", the loop makes two rounds

and the record of each OP is {"buffer", "closing", "lost", "reader", "paused", "done": [[task, OUTCOME]…]?, "out"?}, without
what is as in the record before:

    buffer, closing     what the writer says of itself
    lost                whether connection_lost was called: null, "closed", or the name of its exception
    reader              the number of bytes that it has, at_eof(), the name of its exception or null
    paused              whether a drain would wait; null when the writer is closing
    done                the tasks that ended since the last record: null, a number of bytes, {"cancelled": true}, or
                        {"raise": name}
    out                 what the operation returned: of "take" [number of bytes, their checksum], "nothing" or "end"; of
                        "data" the number of bytes that were taken, "full", or "ended" after "eof"; {"raise": name};
                        "gone" if the far end is; "busy" of a read while another one waits; "left out" where CPython
                        3.13 has a bug, so that the operation is not performed: writelines of a writer that is closing,
                        write and abort after the flush of a writer that was closed, and cancel of a wait_closed

The writer's bytes count up, modulo 251. The checksum is Adler-32.
"""
import asyncio
import json
import logging
import random
import socket
import sys
import zlib

sys.dont_write_bytecode = True
from fake_sockets import fake_loop  # noqa: E402


def name(exception):
    return exception and type(exception).__name__


BYTES = bytes(range(251)) * 1_000


def outcome(task):
    if task.cancelled():
        return {'cancelled': True}
    if task.exception():
        return {'raise': name(task.exception())}
    result = task.result()
    return None if result is None else len(result)


class Run:
    def __init__(self):
        self.written = 0
        self.tasks, self.told = [], set()
        self.before = {}
        self.far_has_ended = False

    async def opens(self, limit):
        near, self.far = socket.socketpair()
        self.reader, self.writer = await asyncio.open_connection(sock=near, limit=limit)
        self.transport, self.protocol = self.writer.transport, self.writer.transport.get_protocol()

    def some(self, count):
        start = self.written % 251
        self.written += count
        return BYTES[start:start + count]

    async def performs(self, op, *args):
        writer, far = self.writer, self.far
        if op in ('take', 'data'):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        if op == 'turn':
            await asyncio.sleep(0)
        elif op in ('write', 'abort') and self.closed.done() and not self.transport._conn_lost:
            return 'left out'  # what was closed and then flushed has no socket and no loop any more, and does not know it
        elif op == 'write':
            writer.write(self.some(*args))
        elif op == 'writelines':
            if writer.is_closing():
                return 'left out'  # CPython 3.13 calls None there
            writer.writelines([self.some(count) for count in args[0]])
        elif op == 'limits':
            self.transport.set_write_buffer_limits(*args)
        elif op in ('write_eof', 'close'):
            getattr(writer, op)()
        elif op == 'abort':
            self.transport.abort()
        elif op in ('drain', 'wait_closed'):
            self.tasks.append(asyncio.ensure_future(getattr(writer, op)()))
        elif op == 'read':
            if any(not task.done() for task in self.tasks if task.get_coro().__name__ == 'read'):
                return 'busy'
            self.tasks.append(asyncio.ensure_future(self.reader.read(*args)))
        elif op == 'cancel':
            task = self.tasks[args[0]] if args[0] < len(self.tasks) else None
            if task and task.get_coro().__name__ == 'wait_closed':
                return 'left out'  # it would cancel the future that all of them wait for
            return task and task.cancel()
        elif far is None:
            return 'gone'
        elif op == 'take':
            try:
                data = far.recv(*args)
            except BlockingIOError:
                return 'nothing'
            return [len(data), zlib.adler32(data)] if data else 'end'
        elif op == 'data':
            if self.far_has_ended:
                return 'ended'
            try:
                return far.send(bytes(args[0]))
            except BlockingIOError:
                return 'full'
        elif op == 'eof':
            far.shutdown(socket.SHUT_WR)
            self.far_has_ended = True
        elif op == 'far_close':
            far.close()
            self.far = None
        else:
            raise ValueError(op)

    def record(self, out):
        closed = self.closed
        now = {
            'buffer': self.transport.get_write_buffer_size(),
            'closing': self.writer.is_closing(),
            'lost': (name(closed.exception()) or 'closed') if closed.done() else None,
            'reader': [len(self.reader._buffer), self.reader.at_eof(), name(self.reader.exception())],
            'paused': None if self.writer.is_closing() else self.protocol._paused,
        }
        record = {key: value for key, value in now.items() if key not in self.before or self.before[key] != value}
        self.before = now
        done = [number for number, task in enumerate(self.tasks) if task.done() and number not in self.told]
        self.told.update(done)
        if done:
            record['done'] = [[number, outcome(self.tasks[number])] for number in done]
        if out is not None:
            record['out'] = out
        return record

    async def runs(self, scenario):
        await self.opens(scenario['limit'])
        self.closed = self.protocol._closed
        records = []
        for op in scenario['ops']:
            try:
                out = await self.performs(*op)
            except (RuntimeError, ValueError, OSError) as exception:
                out = {'raise': name(exception)}
            records.append(self.record(out))
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.performs('abort')
        await asyncio.sleep(0)
        return records


def run(scenario):
    with fake_loop() as loop:
        loop.set_exception_handler(lambda *_: None)
        logging.disable()
        return loop.run_until_complete(Run().runs(scenario))


T = ['turn']
T3 = [T] * 3
BIG = 200_000
CURATED = [
    ('a write goes to the socket', [['write', 10], ['take', 100], ['take', 100]]),
    ('what the socket does not take is kept', [['write', 65_536], ['write', 10], ['take', 70_000], *T3, ['take', 70_000]]),
    ('a socket with room for a part', [['write', 65_000], ['write', 1_000], *T3, ['take', 1_000], *T3, ['take', BIG]]),
    ('several writes are sent as one', [['write', 65_536], ['write', 10], ['write', 20], ['write', 0], ['write', 30], ['take', BIG], *T3, ['take', BIG]]),
    ('pause above 64 KiB', [['write', 65_536], ['write', 65_536], ['write', 1], ['drain'], *T3]),
    ('resume at 16 KiB', [['write', 65_536], ['write', 65_537], ['drain'], T, ['take', 49_152], *T3, ['take', 1], *T3]),
    ('drain does not wait below', [['write', 65_536], ['write', 65_536], ['drain'], T]),
    ('three that drain', [['write', BIG], ['drain'], ['drain'], ['drain'], T, ['cancel', 1], ['take', 65_536], *T3, ['take', 65_536], *T3]),
    ('a drain that is cancelled as it resumes', [['write', BIG], ['drain'], T, ['take', BIG], T, ['take', BIG], ['cancel', 0], *T3]),
    ('limits', [['limits', 100, 50], ['write', 65_536], ['write', 101], ['drain'], T, ['take', 50], *T3, ['take', 1], *T3, ['limits', None, None]]),
    ('limits pause at once', [['write', 65_536], ['write', 10], ['limits', 9, None], ['drain'], T, ['take', 8], *T3]),
    ('limits do not resume', [['write', BIG], ['limits', BIG, None], ['drain'], *T3, ['take', 1], *T3]),
    ('limits in the wrong order', [['limits', 1, 2], ['limits', 5, -1], ['limits', 0, 0], ['write', 65_537], ['drain'], *T3]),
    ('writelines', [['writelines', [1, 2, 3]], ['writelines', []], ['take', 100], ['writelines', [65_536, 10, 10]], ['take', 1], *T3, ['take', BIG]]),
    ('writelines pause', [['writelines', [BIG]], ['drain'], *T3, ['write', 1], ['drain'], *T3]),
    ('close', [['write', 10], ['close'], ['wait_closed'], ['drain'], *T3, ['take', 100], ['take', 100], ['drain'], *T3]),
    ('close flushes', [['write', BIG], ['close'], ['wait_closed'], ['drain'], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG]]),
    ('close twice', [['close'], ['close'], *T3, ['close']]),
    ('a write while it closes', [['write', 70_000], ['close'], ['write', 10], *T3, ['take', BIG], *T3, ['write', 10], ['take', BIG], ['take', BIG]]),
    ('a write after close', [['close'], ['write', 10], *T3, ['write', 10], ['take', 100]]),
    ('write_eof', [['write', 10], ['write_eof'], ['take', 100], ['take', 100], ['data', 5], *T3, ['read', 10], *T3]),
    ('write_eof flushes', [['write', BIG], ['write_eof'], ['drain'], ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG], ['take', 1]]),
    ('write_eof twice', [['write_eof'], ['write_eof'], ['write', 1], ['write', 0], ['writelines', [1]], ['writelines', []]]),
    ('write_eof, close', [['write', BIG], ['write_eof'], ['close'], ['wait_closed'], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG]]),
    ('close, write_eof', [['write', 70_000], ['close'], ['write_eof'], ['write', 5], ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG]]),
    ('abort', [['write', BIG], ['drain'], ['wait_closed'], T, ['abort'], *T3, ['take', BIG], ['take', 1], ['drain'], *T3]),
    ('abort of nothing', [['abort'], ['abort'], ['wait_closed'], ['close'], *T3, ['take', 1]]),
    ('close, abort', [['write', BIG], ['close'], T, ['abort'], *T3, ['take', BIG], ['take', 1]]),
    ('the far end closes', [['drain'], T, ['far_close'], *T3, ['write', 10], ['drain'], *T3, ['write', 10], ['wait_closed'], *T3]),
    ('the far end closes while a drain waits', [['write', BIG], ['drain'], T, ['take', 65_536], ['far_close'], *T3, ['drain'], *T3]),
    ('the far end closes with unread bytes', [['write', 10], ['far_close'], *T3, ['drain'], ['wait_closed'], ['read', 1], *T3]),
    ('the far end closes with unread bytes while a drain waits', [['write', BIG], ['drain'], ['drain'], ['wait_closed'], T, ['far_close'], *T3, ['write', 1]]),
    ('the far end closes while it is flushed', [['write', BIG], ['close'], ['wait_closed'], ['take', 65_536], *T3, ['far_close'], *T3]),
    ('the far end closes, and so does this one', [['far_close'], ['close'], ['wait_closed'], *T3]),
    ('a write to a closed end that nobody has looked at', [['far_close'], ['write', 10], ['drain'], *T3]),
    ('writelines to a closed end', [['far_close'], ['writelines', [10]], ['drain'], *T3]),
    ('write_eof to a closed end', [['far_close'], *T3, ['write_eof'], *T3, ['close'], *T3]),
    ('data arrives', [['data', 5], ['data', 6], *T3, ['read', 100], *T3, ['eof'], *T3, ['read', 1], *T3]),
    ('data and the end', [['data', 5], ['eof'], *T3, ['read', 3], ['write', 5], *T3, ['read', 3], *T3, ['read', 3], T, ['take', 100], ['close'], *T3, ['take', 1]]),
    ('data after close', [['read', 5], T, ['close'], ['data', 5], *T3, ['data', 5]]),
    ('data while it closes', [['write', 70_000], ['close'], ['data', 5], ['read', 5], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['data', 1]]),
    ('closed with unread bytes', [['write', 5], ['data', 5], ['close'], *T3, ['take', 100], ['take', 100], ['take', 100]]),
    ('data and a reset', [['write', 5], ['data', 5], ['far_close'], *T3, ['read', 3], *T3]),
    ('a reset while a read waits', [['write', 5], ['read', 3], T, ['far_close'], *T3]),
    ('reading pauses', [['data', 65_536], *T3, ['data', 65_536], *T3, ['data', 1], *T3, ['data', 65_536], ['data', 1], ['read', 100_000], *T3, ['data', 1]]),
    ('reading pauses, and the end waits behind', [['data', 65_536], *T3, ['data', 65_536], *T3, ['data', 1], *T3, ['eof'], *T3, ['read', BIG], *T3, ['read', BIG], *T3]),
    ('a paused reader does not see the far end close', [['data', 65_536], *T3, ['data', 65_536], *T3, ['data', 1], *T3, ['far_close'], *T3, ['write', 1], *T3, ['read', 1], *T3]),
    ('wait_closed waits', [['wait_closed'], *T3, ['close'], ['wait_closed'], *T3, ['wait_closed'], T]),
    ('drain that is cancelled while it closes', [['close'], ['drain'], T, ['cancel', 0], *T3]),
    ('everything at once', [['data', 5], ['write', BIG], ['write_eof'], ['read', 3], ['drain'], ['close'], ['wait_closed'], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG], *T3, ['take', BIG], ['take', 1]]),
    ('a reset after exactly as many bytes as one read takes', [['write', 10], ['data', 65_536], ['turn'], ['far_close'], *T3, ['read', 5], *T3]),
]


SIZES = [1, 10, 1_000, 16_384, 30_000, 65_535, 65_536, 65_537, 100_000, 140_000]


def fuzz(rng):
    ops = []
    tasks = 0
    for _ in range(rng.randint(6, 20)):
        op = rng.choice(['write'] * 5 + ['take'] * 5 + ['turn'] * 5 + ['drain'] * 3 + ['data', 'read'] * 2 + [
            'writelines', 'limits', 'cancel', 'wait_closed', 'write_eof', 'eof', 'far_close', 'close', 'abort'])
        if op in ('write_eof', 'eof', 'far_close', 'close', 'abort') and rng.random() < 0.4:
            continue
        if op == 'write':
            ops.append([op, rng.choice(SIZES + [0, 65_536, 65_536])])
        elif op == 'writelines':
            ops.append([op, [rng.choice(SIZES) for _ in range(rng.randint(0, 3))]])
        elif op == 'take':
            ops.append([op, rng.choice(SIZES + [BIG] * 4)])
        elif op == 'data':
            ops.append([op, rng.choice(SIZES)])
        elif op == 'read':
            ops.append([op, rng.choice([1, 10, 100_000, BIG])])
        elif op == 'limits':
            ops.append([op, rng.choice([None, 0, 10, 1_000, 70_000, 100_000]), rng.choice([None, None, 0, 5, 1_000, 20_000])])
        elif op == 'cancel':
            ops.append([op, rng.randint(0, max(0, tasks - 1))])
        else:
            ops.append([op])
        tasks += op in ('drain', 'wait_closed', 'read')
        ops += [T] * rng.choice([0, 0, 1, 1, 2, 3])
    ops += T3
    return {'limit': rng.choice([65_536, 65_536, 10, 10_000]), 'ops': ops}


def main():
    mode = sys.argv[1]
    version = sys.version.split()[0]
    if mode == 'replay':
        with open(sys.argv[2]) as file:
            scenarios = json.load(file)['scenarios']
        differ = [s['id'] for s in scenarios if run(s) != s['expect']]
        names = ': ' + ' '.join(differ) if differ else ''
        print(f'{sys.argv[2]} on {version}: {len(scenarios)} scenarios, {len(differ)} differ{names}')
        return
    if mode == 'curated':
        scenarios = [{'id': f'w{n:03}', 'desc': desc, 'limit': 65_536, 'ops': ops} for n, (desc, ops) in enumerate(CURATED)]
        path, meta = sys.argv[2], {'kind': 'curated'}
    else:
        seed, count, path = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        rng = random.Random(seed)
        scenarios = [{'id': f'wf{seed}_{n:04}', **fuzz(rng)} for n in range(count)]
        meta = {'kind': 'fuzz', 'seed': seed}
    for scenario in scenarios:
        scenario['expect'] = run(scenario)
    with open(path, 'w') as out:
        out.write('{"format": 1, "family": "writers", "cpython": "%s", "meta": %s, "scenarios": [\n' % (version, json.dumps(meta)))
        out.write(',\n'.join(json.dumps(s) for s in scenarios))
        out.write('\n]}\n')
    print(path, len(scenarios))


if __name__ == '__main__':
    main()
