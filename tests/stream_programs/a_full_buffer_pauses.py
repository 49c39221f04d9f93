"""A reader that is slower than its limit allows makes the transport pause."""
import asyncio
from recorder import pair, record


async def main(say):
    (_, writer), (reader, _w) = await pair(limit=4)

    async def sends():
        for count in [6, 6, 6, 6, 6]:
            writer.write(b'x' * count)
            say('sent', count)
            await asyncio.sleep(0.001)
        writer.close()

    sending = asyncio.create_task(sends())
    await asyncio.sleep(0.0035)
    while data := await reader.read(5):
        say('read', len(data))
        await asyncio.sleep(0.0003)
    say('end')
    await sending

record(main)
