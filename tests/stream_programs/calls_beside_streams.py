"""Callbacks, timers and data: what comes first in a round."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    loop = asyncio.get_running_loop()
    (_, writer), (reader, _w) = await pair()

    async def reads():
        while data := await reader.read(100):
            say('data', shown(data))
        say('end')

    reading = asyncio.create_task(reads())
    await asyncio.sleep(0.001)
    for number in range(3):
        loop.call_later(0.001, say, 'later', number)
        loop.call_later(0.001, writer.write, b'from a timer %d' % number)
        loop.call_soon(say, 'soon', number)
        writer.write(b'from the task %d' % number)
        loop.call_soon(writer.write, b', from a call %d' % number)
        await asyncio.sleep(0)
        say('turn', number)
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        say('slept', number)
    loop.call_soon(writer.close)
    await reading

record(main)
