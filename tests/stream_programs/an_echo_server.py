"""A server with three clients, which send at the same time."""
import asyncio
from recorder import record, shown


async def main(say):
    async def serves(reader, writer):
        say('connected')
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        say('served')

    async def client(number):
        reader, writer = await asyncio.open_unix_connection('tower.sock')
        say('open', number)
        for line in [b'alpha %d\n' % number, b'beta %d\n' % number]:
            writer.write(line)
            say('echo', shown(await reader.readline()))
        writer.close()
        await writer.wait_closed()
        say('closed', number)

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    async with server:
        await asyncio.gather(*(client(number) for number in range(3)))
        say('serving', server.is_serving())
    say('serving', server.is_serving())

record(main)
