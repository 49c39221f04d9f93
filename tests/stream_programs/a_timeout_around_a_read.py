"""A line does not come in time; it comes to the next read."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, writer), (reader, _w) = await pair()

    async def sends():
        for piece in [b'T-minus', b' 10\nT-min', b'us 9\n']:
            await asyncio.sleep(0.025)
            writer.write(piece)
        writer.close()

    sending = asyncio.create_task(sends())
    while True:
        try:
            async with asyncio.timeout(0.01):
                line = await reader.readline()
        except TimeoutError:
            say('nothing yet')
            continue
        say('line', shown(line))
        if not line:
            break
    await sending

record(main)
