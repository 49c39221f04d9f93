"""A reader with a small limit pauses its transport, until the writer on the other side waits, too."""
import asyncio
from recorder import pair, record


async def main(say):
    (_r, left), (reader, _w) = await pair(limit=1_000)

    async def sends():
        for number in range(6):
            left.write(bytes(50_000))
            await left.drain()
            say('sent', number)
        left.close()

    sending = asyncio.create_task(sends())
    await asyncio.sleep(0.001)
    say('exactly', len(await reader.readexactly(70_000)))
    await asyncio.sleep(0.001)
    say('some', len(await reader.read(66_000)))
    await asyncio.sleep(0.001)
    say('rest', len(await reader.read()))
    await sending

record(main, back_pressure=True)
