"""gather waits for reads of several streams, one of which ends too early."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    pairs = [await pair() for _ in range(3)]
    writers = [writer for (_, writer), _ in pairs]
    readers = [reader for _, (reader, _) in pairs]
    loop = asyncio.get_running_loop()
    for number, writer in enumerate(writers):
        loop.call_later(0.003 - 0.001 * number, writer.write, b'%d234' % number)
    say('all', *map(shown, await asyncio.gather(*(reader.readexactly(4) for reader in readers))))
    loop.call_later(0.002, writers[0].write, b'full')
    loop.call_later(0.001, writers[1].close)
    loop.call_later(0.003, writers[2].write, b'late')
    for got in await asyncio.gather(*(reader.readexactly(4) for reader in readers), return_exceptions=True):
        say(name(got) if isinstance(got, Exception) else shown(got))

record(main)
