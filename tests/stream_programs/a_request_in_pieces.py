"""A head of lines, a body of a length that the head tells, and the next request on the same connection."""
import asyncio
from recorder import record, shown


async def main(say):
    async def serves(reader, writer):
        while head := await reader.readline():
            length = 0
            while (line := await reader.readline()).strip():
                say('header', shown(line))
                if line.startswith(b'length:'):
                    length = int(line[7:])
            body = await reader.readexactly(length)
            say('request', shown(head), shown(body))
            writer.writelines([b'200\n', b'length: %d\n\n' % len(body)])
            writer.write(body[::-1])
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serves, 'tower.sock')
    reader, writer = await asyncio.open_unix_connection('tower.sock')
    for pieces in [[b'PUT /a\nleng', b'th: 5\n', b'\nabc', b'de'], [b'GET /b\n\n'], [b'PUT /c\nlength: 1\n\nxPUT /d\n\n']]:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.001)
        while True:
            try:
                async with asyncio.timeout(0.001):
                    status = await reader.readline()
            except TimeoutError:
                break
            head = await reader.readuntil(b'\n\n')
            say('answer', shown(status), shown(await reader.readexactly(int(head[8:]))))
    writer.close()
    server.close()
    await server.wait_closed()
    say('over')

record(main)
