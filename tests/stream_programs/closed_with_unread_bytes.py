"""A side that closes before it has read everything resets the connection."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    (left_reader, left), (right_reader, right) = await pair()
    left.write(b'a last word')
    right.write(b'never read')
    right.close()
    await right.wait_closed()
    say('right closed')
    for _ in range(2):
        try:
            say('left got', shown(await left_reader.read(100)))
        except ConnectionError as error:
            say('left', name(error))
    try:
        await left.drain()
    except ConnectionError as error:
        say('drain', name(error))
    left.write(b'lost')
    say('closing', left.is_closing())
    try:
        await left.wait_closed()
    except ConnectionError as error:
        say('wait_closed', name(error))
    left.close()

record(main)
