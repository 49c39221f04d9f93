"""A proxy between a client and a slow server: back pressure goes through it."""
import asyncio
from recorder import record


async def main(say):
    async def slow(reader, writer):
        total = 0
        while data := await reader.read(50_000):
            total += len(data)
            await asyncio.sleep(0.002)
        say('server got', total)
        writer.write(b'%d' % total)
        writer.close()

    async def pipe(reader, writer):
        while data := await reader.read(20_000):
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def proxy(reader, writer):
        to_reader, to_writer = await asyncio.open_unix_connection('slow.sock')
        async with asyncio.TaskGroup() as group:
            group.create_task(pipe(reader, to_writer))
            group.create_task(pipe(to_reader, writer))
        say('proxy ends')
        writer.close()
        to_writer.close()

    servers = [await asyncio.start_unix_server(slow, 'slow.sock'), await asyncio.start_unix_server(proxy, 'proxy.sock')]
    reader, writer = await asyncio.open_unix_connection('proxy.sock')
    for number in range(10):
        writer.write(bytes(50_000))
        await writer.drain()
        say('sent', number)
    writer.write_eof()
    say('answer', int(await reader.read()))
    writer.close()
    for server in servers:
        server.close()
        await server.wait_closed()
    say('over')

record(main, back_pressure=True)
