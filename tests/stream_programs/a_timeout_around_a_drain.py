"""A drain that takes too long is given up; what was written stays written."""
import asyncio
from recorder import pair, record


async def main(say):
    (_r, left), (reader, _w) = await pair(limit=1_000)
    left.write(b'x' * 150_000)
    for number in range(3):
        try:
            async with asyncio.timeout(0.01):
                await left.drain()
            say('drained', number)
        except TimeoutError:
            say('not yet', number, left.transport.get_write_buffer_size())
            say('read', len(await reader.readexactly(60_000)))
    left.write_eof()
    say('rest', len(await reader.read()), left.transport.get_write_buffer_size())

record(main, back_pressure=True)
