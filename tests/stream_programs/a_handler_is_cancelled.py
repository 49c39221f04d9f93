"""A handler that is cancelled leaves no report, and its connection is closed."""
import asyncio
from recorder import name, record, shown


def handler(say, context):
    say('reported', context['message'])


async def main(say):
    handlers = []

    writers = []

    async def serves(reader, writer):
        writers.append(writer)    # it is the end of the task that closes the connection, and not that of the writer
        handlers.append(asyncio.current_task())
        try:
            await reader.readline()
        finally:
            say('left')

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    reader, writer = await asyncio.open_unix_connection('tower.sock')
    await asyncio.sleep(0.001)
    handlers[0].cancel()
    say('client got', shown(await reader.read()))
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    say('over')

record(main)
