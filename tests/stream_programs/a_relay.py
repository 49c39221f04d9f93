"""A server passes each line on to all other clients."""
import asyncio
from recorder import record, shown


async def main(say):
    writers = []

    async def serves(reader, writer):
        writers.append(writer)
        async for line in reader:
            for other in writers:
                if other is not writer:
                    other.write(line)
        writers.remove(writer)
        writer.close()

    async def client(number):
        reader, writer = await asyncio.open_unix_connection('tower.sock')
        await asyncio.sleep(0.001 * (number + 1))
        writer.write(b'%d is here\n' % number)
        while True:
            try:
                line = await asyncio.wait_for(reader.readline(), 0.0045 + 0.0001 * number)
            except TimeoutError:
                break
            say(number, 'hears', shown(line))
        writer.close()
        say(number, 'leaves')

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(client(number))
    server.close()
    await server.wait_closed()
    say('over')

record(main)
