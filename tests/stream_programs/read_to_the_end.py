"""read() waits for the end, whatever the limit, and yields as often as it has to wait."""
import asyncio
from recorder import pair, record


async def main(say):
    (_, writer), (reader, _w) = await pair(limit=4)

    async def reads():
        data = await reader.read()
        say('all', len(data), data == b'0123456789' * 10)

    reading = asyncio.create_task(reads())
    for number in range(10):
        writer.write(b'0123456789')
        say('sent', number)
        await asyncio.sleep(0.001 if number % 3 == 2 else 0)
    writer.close()
    await reading

record(main)
