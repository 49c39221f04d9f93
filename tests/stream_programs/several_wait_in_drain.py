"""All tasks that wait in drain go on together, in the order in which they came."""
import asyncio
from recorder import pair, record


async def main(say):
    (_r, left), (reader, _w) = await pair(limit=1_000)
    left.write(bytes(200_000))

    async def drains(number):
        await left.drain()
        say('drained', number, left.transport.get_write_buffer_size())

    tasks = [asyncio.create_task(drains(number)) for number in range(4)]
    await asyncio.sleep(0.001)
    tasks[1].cancel()
    for _ in range(4):
        say('read', len(await reader.read(50_000)))
        await asyncio.sleep(0.001)
    await asyncio.wait(tasks)
    say('cancelled', *(task.cancelled() for task in tasks))
    await drains(4)

record(main, back_pressure=True)
