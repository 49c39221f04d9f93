"""A read that is cancelled takes nothing."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, writer), (reader, _w) = await pair()

    async def reads(number):
        try:
            say('got', number, shown(await reader.readexactly(6)))
        except asyncio.CancelledError:
            say('cancelled', number)
            raise

    first = asyncio.create_task(reads(1))
    await asyncio.sleep(0.001)
    writer.write(b'abcd')
    await asyncio.sleep(0.001)
    first.cancel()
    await asyncio.wait([first])
    second = asyncio.create_task(reads(2))
    await asyncio.sleep(0.001)
    writer.write(b'efgh')
    await second
    writer.close()
    say('rest', shown(await reader.read()))

record(main)
