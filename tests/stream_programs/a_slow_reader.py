"""Whoever writes faster than the other side reads waits in drain."""
import asyncio
from recorder import pair, record


async def main(say):
    (_r, left), (reader, _w) = await pair()

    async def sends():
        for number in range(12):
            left.write(bytes(30_000))
            say('wrote', number, left.transport.get_write_buffer_size())
            await left.drain()
            say('drained', number)
        left.close()
        await left.wait_closed()
        say('closed')

    sending = asyncio.create_task(sends())
    total = 0
    while data := await reader.read(25_000):
        total += len(data)
        await asyncio.sleep(0.001)
    say('read', total)
    await sending

record(main, back_pressure=True)
