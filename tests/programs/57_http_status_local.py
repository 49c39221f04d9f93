import asyncio


async def handle(reader, writer):
    await reader.readuntil(b'\r\n\r\n')
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]')
    await writer.drain()
    writer.close()


async def get_status(port, id):
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    writer.write(b'GET /events HTTP/1.1\r\nHost: x\r\n\r\n')
    status = int((await reader.readline()).split()[1])
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return status, id


async def main():
    server = await asyncio.start_server(handle, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    done, _ = await asyncio.wait([asyncio.create_task(get_status(port, i)) for i in range(10)])
    for status, id in sorted(t.result() for t in done):
        print(status, id)
    server.close()


asyncio.run(main())
