"""A line longer than the limit is lost, and the next one is read."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, writer), (reader, _w) = await pair(limit=8)

    async def lines():
        while True:
            try:
                line = await reader.readline()
            except ValueError as error:
                say('too long:', error)
                continue
            say('line', shown(line))
            if not line:
                return

    reading = asyncio.create_task(lines())
    for data in [b'ignition\n', b'a line that is too long\nshort\n', b'no end', b' in sight, ', b'so far\n', b'lift-off\n']:
        writer.write(data)
        await asyncio.sleep(0.001)
    writer.close()
    await reading
    say('closed')

record(main)
