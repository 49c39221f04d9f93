"""write_eof with bytes that the socket has not taken: the end comes after them."""
import asyncio
from recorder import pair, record


async def main(say):
    (left_reader, left), (reader, right) = await pair()
    left.write(b'w' * 180_000)
    left.write_eof()
    try:
        left.write(b'more')
    except RuntimeError as error:
        say(error)

    async def answers():
        say('request', len(await reader.read()))
        right.write(b'thanks')
        right.close()

    answering = asyncio.create_task(answers())
    await left.drain()
    say('drained', left.transport.get_write_buffer_size())
    say('answer', await left_reader.read() == b'thanks')
    left.close()
    await left.wait_closed()
    await answering
    say('end')

record(main, back_pressure=True)
