"""A writer that is closed still sends what was written; wait_closed waits for that."""
import asyncio
from recorder import pair, record


async def main(say):
    (_r, left), (reader, right) = await pair()
    left.write(b'y' * 300_000)
    left.close()
    say('closing', left.is_closing(), left.transport.get_write_buffer_size())
    left.write(b'too late?')
    say('buffer', left.transport.get_write_buffer_size())

    async def closes():
        await left.wait_closed()
        say('closed')

    closing = asyncio.create_task(closes())
    await asyncio.sleep(0.001)
    total = 0
    while data := await reader.read(40_000):
        total += len(data)
        say('read', total)
        await asyncio.sleep(0.001)
    await closing
    right.close()

record(main, back_pressure=True)
