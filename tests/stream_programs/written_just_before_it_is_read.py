"""More is written after the loop has looked, and before the transport reads: it comes with what was there."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, left), (reader, right) = await pair()

    async def reads():
        while data := await reader.read(100):
            say('got', shown(data))

    reading = asyncio.create_task(reads())
    await asyncio.sleep(0.001)
    for number in range(12):
        left.write(b'%x' % number)
        await asyncio.sleep(0)
    left.close()
    await reading
    say('end')

record(main)
