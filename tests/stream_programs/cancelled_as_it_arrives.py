"""A read is cancelled in the round in which its bytes arrive, and in the ones around it."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    for rounds in range(5):
        (_, writer), (reader, _w) = await pair()

        async def reads():
            try:
                say('got', rounds, shown(await reader.read(10)))
            except asyncio.CancelledError:
                say('cancelled', rounds)

        reading = asyncio.create_task(reads())
        await asyncio.sleep(0.001)
        writer.write(b'late')
        for _ in range(rounds):
            await asyncio.sleep(0)
        say('cancel', reading.cancel())
        await reading
        writer.close()
        say('rest', shown(await reader.read(10)))

record(main)
