"""The work of the sockets, on asyncio or uvloop. Prints the nanoseconds of the best round."""

import asyncio
import socket
import sys
from time import perf_counter

LOOPBACK = ("127.0.0.1", 0)


class Streams:
    """Connections as asyncio's streams, which set TCP_NODELAY themselves."""

    async def listen(self, serve):
        self.server = await asyncio.start_server(serve, *LOOPBACK)
        self.address = self.server.sockets[0].getsockname()

    def connect(self):
        return asyncio.open_connection(*self.address)

    @staticmethod
    async def echo(reader, writer):
        while data := await reader.read(1 << 17):
            writer.write(data)
            await writer.drain()
        writer.close()

    @staticmethod
    async def ask(connection, message):
        reader, writer = connection
        writer.write(message)
        await writer.drain()
        return await reader.readexactly(len(message))

    @staticmethod
    async def send(connection, chunk):
        connection[1].write(chunk)
        await connection[1].drain()

    @staticmethod
    def taker(reader, writer):
        return reader.readexactly

    @staticmethod
    async def close(connection):
        connection[1].close()
        await connection[1].wait_closed()


class Sockets:
    """Connections as plain sockets, with `loop.sock_recv_into` and `loop.sock_sendall`."""

    async def listen(self, serve):
        self.loop = asyncio.get_running_loop()
        listener = socket.create_server(LOOPBACK, backlog=4096)
        listener.setblocking(False)
        self.address = listener.getsockname()
        self.tasks = set()

        async def accepts():
            while True:
                stream, _ = await self.loop.sock_accept(listener)
                without_delay(stream)
                self.tasks.add(asyncio.create_task(serve(stream)))

        self.tasks.add(asyncio.create_task(accepts()))

    async def connect(self):
        stream = without_delay(socket.socket())
        await self.loop.sock_connect(stream, self.address)
        return stream

    async def echo(self, stream):
        buffer = memoryview(bytearray(1 << 17))
        while read := await self.loop.sock_recv_into(stream, buffer):
            await self.loop.sock_sendall(stream, buffer[:read])
        stream.close()

    async def ask(self, stream, message):
        await self.loop.sock_sendall(stream, message)
        answer = bytearray(len(message))
        rest = memoryview(answer)
        while rest:
            rest = rest[await self.loop.sock_recv_into(stream, rest) :]
        return answer

    async def send(self, stream, chunk):
        await self.loop.sock_sendall(stream, chunk)

    def taker(self, stream):
        async def take(size):
            chunk = bytearray(size)
            rest = memoryview(chunk)
            while rest:
                rest = rest[await self.loop.sock_recv_into(stream, rest) :]
            return chunk

        return take

    @staticmethod
    async def close(stream):
        stream.close()


def without_delay(stream):
    stream.setblocking(False)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


async def echo(net, round_trips, clients, size):
    """Connections that are open before the time counts."""

    async def asks(client):
        for number in range(round_trips):
            end = number.to_bytes(8, "little")
            message = end + rest + end
            assert await net.ask(client, message) == message

    rest = b"T" * (size - 16)
    await net.listen(net.echo)
    clients = [await net.connect() for _ in range(clients)]
    start = perf_counter()
    await asyncio.gather(*map(asks, clients))
    took = perf_counter() - start
    for client in clients:
        await net.close(client)
    return took


async def turns(net, turns, tasks):
    """Turns of tasks that yield, while another task waits for a socket."""

    async def count():
        for _ in range(turns):
            await asyncio.sleep(0)

    await net.listen(net.echo)
    client = await net.connect()
    await asyncio.sleep(0.001)
    start = perf_counter()
    await asyncio.gather(*(count() for _ in range(tasks)))
    took = perf_counter() - start
    await net.close(client)
    return took


async def one_way(net, chunks, size):
    """Chunks that are sent one after the other, without an answer."""

    arrived = asyncio.get_running_loop().create_future()

    async def takes(*end):
        take = net.taker(*end)
        for number in range(chunks):
            assert (await take(size))[:8] == number.to_bytes(8, "little")
        arrived.set_result(None)

    rest = b"T" * (size - 8)
    await net.listen(takes)
    client = await net.connect()
    start = perf_counter()
    for number in range(chunks):
        await net.send(client, number.to_bytes(8, "little") + rest)
    await arrived
    took = perf_counter() - start
    await net.close(client)
    return took


async def connections(net, runs, connections):
    """Connections that are opened, used once, and closed when all are open."""

    async def asks(client, message):
        assert await net.ask(client, message) == message

    await net.listen(net.echo)
    start = perf_counter()
    for _ in range(runs):
        clients, tasks = [], []
        for number in range(connections):
            clients.append(await net.connect())
            asking = asks(clients[-1], bytes([number % 256]))
            tasks.append(asyncio.create_task(asking))
        await asyncio.gather(*tasks)
        for client in clients:
            await net.close(client)
    return perf_counter() - start


def new_loop(name):
    if name == "uvloop":
        import uvloop

        return uvloop.new_event_loop()
    return asyncio.SelectorEventLoop()


async def best(net, work, runs, rounds, sizes):
    took = min([await work(net(), runs, *sizes) for _ in range(rounds)])
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    return took


name, net, work, *numbers = sys.argv[1:]
*sizes, runs, rounds = map(int, numbers)
loop = new_loop(name)
took = loop.run_until_complete(best(globals()[net], globals()[work], runs, rounds, sizes))
print(round(took * 1e9))
