"""Only one task can wait for the data of a stream."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, writer), (reader, _w) = await pair()

    async def reads(number, read):
        try:
            say('got', number, shown(await read))
        except RuntimeError as error:
            say('refused', number, error)

    tasks = [asyncio.create_task(reads(n, read)) for n, read in
             enumerate([reader.read(3), reader.read(3), reader.readline(), reader.readexactly(2)])]
    await asyncio.sleep(0.001)
    writer.write(b'abcdef\n')
    await asyncio.gather(*tasks)
    say('rest', shown(await reader.readline()))

record(main)
