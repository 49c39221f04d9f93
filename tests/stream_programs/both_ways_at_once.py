"""Both sides send more than the sockets take, and read at the same time."""
import asyncio
from recorder import pair, record


async def main(say):
    ends = await pair()

    async def sends(side, writer):
        for number in range(5):
            writer.write(bytes([side]) * 60_000)
            await writer.drain()
            say(side, 'sent', number)
        writer.write_eof()

    async def reads(side, reader):
        total = 0
        while data := await reader.read(70_000):
            assert data == bytes([1 - side]) * len(data)
            total += len(data)
        say(side, 'read', total)

    async with asyncio.TaskGroup() as group:
        for side, (reader, writer) in enumerate(ends):
            group.create_task(sends(side, writer))
            group.create_task(reads(side, reader))
    for _, writer in ends:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in ends))
    say('closed')

record(main, back_pressure=True)
