"""The server aborts a connection whose request it has not read."""
import asyncio
from recorder import name, record, shown


async def main(say):
    async def serves(reader, writer):
        await asyncio.sleep(0.002)
        try:
            say('handler got', shown(await reader.read(100)))
            await writer.drain()
        except ConnectionError as error:
            say('handler', name(error), error)

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    reader, writer = await asyncio.open_unix_connection('tower.sock')
    writer.write(b'hello')
    await asyncio.sleep(0.001)
    server.abort_clients()
    server.close()
    await server.wait_closed()
    say('over')
    try:
        say('client got', shown(await reader.read(100)))
    except ConnectionError as error:
        say('client', name(error))
    writer.close()
    await asyncio.sleep(0.005)

record(main)
