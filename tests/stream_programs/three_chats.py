"""Three pairs of a server and a client at the same time; each line is answered at length."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    ends = [await pair(limit=64) for _ in range(3)]

    async def server(number, reader, writer):
        while line := await reader.readline():
            say('server', number, shown(line))
            writer.write(line.upper() * 50)
            await writer.drain()
            say('drained', number)
        writer.close()
        await writer.wait_closed()
        say('closed', number)

    async def client(number, reader, writer):
        for i in range(3):
            writer.write(b'line %d\n' % i)
            if i == number:
                await asyncio.sleep(0.01 * number)
            got = await reader.readexactly(7 * 50)
            say('client', number, len(got))
        writer.write_eof()
        say('rest', number, len(await reader.read()), reader.at_eof())
        writer.close()

    async with asyncio.TaskGroup() as group:
        for number, ((r1, w1), (r2, w2)) in enumerate(ends):
            group.create_task(server(number, r2, w2))
            group.create_task(client(number, r1, w1))
    say('end')

record(main)
