"""The server closes its connections; what it has not sent yet is sent."""
import asyncio
from recorder import record, shown


async def main(say):
    async def serves(reader, writer):
        writer.write(b'welcome\n')
        say('handler got', shown(await reader.read()))

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    reader, writer = await asyncio.open_unix_connection('tower.sock')
    say('client got', shown(await reader.readline()))
    server.close_clients()
    server.close()
    say('closing')
    await server.wait_closed()
    say('over')
    say('client got', shown(await reader.read()))
    writer.close()
    await writer.wait_closed()

record(main)
