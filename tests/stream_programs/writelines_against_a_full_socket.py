"""writelines sends what the socket takes, and keeps the rest."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_r, left), (reader, _w) = await pair()
    for number in range(3):
        left.writelines([b'a' * 10_000, b'b' * 20_000, b'c' * 3_000])
        say('buffer', number, left.transport.get_write_buffer_size())
    left.write(b'd')
    got = await reader.readexactly(99_000)
    say('in order', got == (b'a' * 10_000 + b'b' * 20_000 + b'c' * 3_000) * 3)
    say('last', shown(await reader.readexactly(1)), left.transport.get_write_buffer_size())
    left.close()
    await left.wait_closed()
    say('closed')

record(main, back_pressure=True)
