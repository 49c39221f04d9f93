"""drain waits as the limits of the buffer say."""
import asyncio
from recorder import pair, record


async def main(say):
    (_r, left), (reader, right) = await pair(limit=1_000)
    transport = left.transport

    async def drains(what):
        await left.drain()
        say('drained', what, transport.get_write_buffer_size())

    left.write(bytes(65_536))
    left.write(bytes(1_000))
    await drains('below')
    transport.set_write_buffer_limits(high=999)
    tasks = [asyncio.create_task(drains('over 999'))]
    await asyncio.sleep(0.001)
    say('read', len(await reader.readexactly(5_000)))
    await asyncio.sleep(0.001)
    for high, low in [(None, None), (100, 200), (None, 10), (500, None), (0, 0)]:
        try:
            transport.set_write_buffer_limits(high, low)
            say('limits', *transport.get_write_buffer_limits())
        except ValueError as error:
            say(error)
    left.write(b'!')
    tasks.append(asyncio.create_task(drains('over 0')))
    await asyncio.sleep(0.001)
    say('read', len(await reader.readexactly(61_000)))
    await asyncio.wait(tasks)
    say('rest', len(await reader.read(1_000)))
    right.close()

record(main, back_pressure=True)
