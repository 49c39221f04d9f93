"""A writer that nobody holds any more closes its connection."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (left_reader, left), (right_reader, right) = await pair()

    async def writes(writer):
        writer.write(b'last words')
        await asyncio.sleep(0.001)
        say('leaves')

    writing = asyncio.create_task(writes(left))
    del left
    say('got', shown(await right_reader.read(100)))
    say('got', shown(await right_reader.read(100)))
    await writing
    say('left got', shown(await left_reader.read()))
    right.close()

record(main)
