"""The stream ends within a message."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    for read in [lambda r: r.readexactly(8), lambda r: r.readuntil(b';'), lambda r: r.readline(), lambda r: r.read(8)]:
        (_, writer), (reader, _w) = await pair()

        async def reads():
            try:
                say('got', shown(await read(reader)))
            except asyncio.IncompleteReadError as error:
                say(error, 'partial', shown(error.partial))
            say('at_eof', reader.at_eof())

        reading = asyncio.create_task(reads())
        await asyncio.sleep(0.001)
        writer.write(b'half')
        await asyncio.sleep(0)
        writer.close()
        await reading

record(main)
