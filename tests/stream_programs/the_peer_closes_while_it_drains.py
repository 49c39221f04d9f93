"""The other side closes while a task waits in drain."""
import asyncio
from recorder import name, pair, record


async def main(say):
    for reads in [False, True]:
        (left_reader, left), (reader, right) = await pair(limit=1_000)
        left.write(bytes(200_000))

        async def drains():
            try:
                await left.drain()
                say('drained')
            except ConnectionError as error:
                say('drain', name(error))

        draining = asyncio.create_task(drains())
        await asyncio.sleep(0.001)
        if reads:
            say('read', len(await reader.readexactly(1_000)))
        right.close()
        say('right closed')
        await draining
        say('left', left.is_closing(), left.transport.get_write_buffer_size())
        try:
            say('read', len(await left_reader.read()))
        except ConnectionError as error:
            say('read', name(error))
        try:
            await left.wait_closed()
            say('closed')
        except ConnectionError as error:
            say('wait_closed', name(error))

record(main, back_pressure=True)
