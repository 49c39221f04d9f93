"""What a handler raises is reported, and its connection is closed."""
import asyncio
from recorder import name, record, shown


def handler(say, context):
    say(context['message'] + ':', name(context['exception']), context['exception'])


async def main(say):
    writers = []

    async def serves(reader, writer):
        writers.append(writer)    # it is the end of the task that closes the connection, and not that of the writer
        line = await reader.readline()
        raise ValueError(shown(line))

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    for number in range(2):
        reader, writer = await asyncio.open_unix_connection('tower.sock')
        writer.write(b'bad %d\n' % number)
        say('client got', shown(await reader.read()))
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()
    say('over')

record(main)
