"""Records what programs with streams do on CPython, round for round.

    python3.13 PROGRAM.py                  prints what the program says
    python3.13 recorder.py                 runs all programs, and names those that say something else than their .out
    python3.13 recorder.py write           … and writes it

A line is the virtual time in milliseconds, the round of the loop, counted from that of the first line, and what the program
says. Each program runs several times on sockets in memory, and, if it fills no socket, on the system's Unix sockets, too. All
these runs have to say the same.
"""
import asyncio
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / 'corpus' / 'recording'))

from fake_sockets import Deadlock, fake_loop, real_loop  # noqa: E402

TIMES = 5


async def pair(limit=2 ** 16):
    """Two connected ends: (reader, writer), (reader, writer)."""
    left, right = socket.socketpair()
    return await asyncio.open_connection(sock=left, limit=limit), await asyncio.open_connection(sock=right, limit=limit)


def shown(data):
    """Bytes as text without a line break."""
    return data.decode('latin-1').encode('unicode_escape').decode()


def name(exception):
    return type(exception).__name__


def once(main, world):
    lines = []
    with world as loop:
        def say(*what):
            lines.append((int(loop.now * 1000 + 1e-3), loop.round, ' '.join(map(str, what))))
        # What is not retrieved, and warnings of what is left open, are not part of a record.
        loop.set_exception_handler(lambda _, context: main.__globals__.get('handler', lambda *_: None)(say, context))
        try:
            loop.run_until_complete(main(say))
        except Deadlock:
            say('deadlock')
    first = lines[0][1]
    return [f'{ms} {round - first} {text}' for ms, round, text in lines]


def record(main, back_pressure=False):
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)    # where the paths of servers are
        runs = [once(main, fake_loop()) for _ in range(TIMES)]
        if not back_pressure:
            runs += [once(main, real_loop()) for _ in range(TIMES)]
        os.chdir(HERE)
    for run in runs:
        if run != runs[0]:
            sys.exit('these runs differ:\n' + '\n'.join(runs[0]) + '\n\n' + '\n'.join(run))
    print('\n'.join(runs[0]))


def record_all(writes):
    programs = sorted(path for path in HERE.glob('*.py') if path.name != 'recorder.py')
    differ = []
    for path in programs:
        run = subprocess.run([sys.executable, '-W', 'ignore', str(path)], capture_output=True, text=True, timeout=60)
        out = path.with_suffix('.out')
        if run.returncode:
            print(path.name, run.stderr)
        elif writes:
            out.write_text(run.stdout)
        if run.returncode or not out.exists() or run.stdout != out.read_text():
            differ.append(path.stem)
    print(f'{len(programs)} programs, {len(differ)} differ', *differ)
    sys.exit(len(differ) > 0)


if __name__ == '__main__':
    record_all('write' in sys.argv[1:])
