"""wait_closed waits until the last connection is closed, whoever closes it."""
import asyncio
from recorder import record, shown


async def main(say):
    async def serves(reader, writer):
        say('request', shown(await reader.readline()))
        await asyncio.sleep(0.005)
        writer.write(b'done\n')
        writer.close()

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    reader, writer = await asyncio.open_unix_connection('tower.sock')
    writer.write(b'slow\n')
    await asyncio.sleep(0.001)
    server.close()
    server.close()
    say('closed', server.is_serving())

    async def waits(number):
        await server.wait_closed()
        say('over', number)

    waiting = [asyncio.create_task(waits(number)) for number in range(2)]
    say('answer', shown(await reader.read()))
    writer.close()
    await asyncio.gather(*waiting)
    await waits(2)

record(main)
