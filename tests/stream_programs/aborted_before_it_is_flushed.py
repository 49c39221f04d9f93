"""An abort loses what the socket has not taken; whoever drains learns that the stream is closed."""
import asyncio
from recorder import name, pair, record


async def main(say):
    (left_reader, left), (reader, right) = await pair(limit=1_000)
    left.write(b'z' * 200_000)

    async def drains():
        try:
            await left.drain()
            say('drained')
            await left.drain()
        except ConnectionError as error:
            say('drain', name(error), error)

    draining = asyncio.create_task(drains())
    await asyncio.sleep(0.001)
    say('buffer', left.transport.get_write_buffer_size())
    left.transport.abort()
    say('buffer', left.transport.get_write_buffer_size(), left.is_closing())
    await left.wait_closed()
    say('closed')
    await draining
    say('read', len(await reader.read()))
    right.close()

record(main, back_pressure=True)
