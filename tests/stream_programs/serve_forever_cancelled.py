"""A task that serves forever is cancelled: the server closes, and the task waits for the connections."""
import asyncio
from recorder import name, record, shown


async def main(say):
    async def serves(reader, writer):
        say('request', shown(await reader.readline()))
        await asyncio.sleep(0.01)
        writer.write(b'bye\n')
        writer.close()

    server = await asyncio.start_unix_server(serves, 'tower.sock')

    async def forever():
        try:
            await server.serve_forever()
        except asyncio.CancelledError:
            say('cancelled', server.is_serving())
            raise

    serving = asyncio.create_task(forever())
    reader, writer = await asyncio.open_unix_connection('tower.sock')
    writer.write(b'please\n')
    await asyncio.sleep(0.002)
    try:
        await server.serve_forever()
    except RuntimeError as error:
        say('twice:', name(error))
    serving.cancel()
    say('answer', shown(await reader.read()))
    writer.close()
    await asyncio.wait([serving])
    say('over', serving.cancelled())
    try:
        await server.serve_forever()
    except RuntimeError as error:
        say('closed:', name(error))

record(main)
