"""The peer has closed, and has read everything; whoever writes to it learns of that."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    (left_reader, left), (right_reader, right) = await pair()
    right.write(b'bye')
    right.close()
    await right.wait_closed()
    say('left got', shown(await left_reader.read()), left.is_closing())
    left.write(b'are you there?')
    say('wrote', left.is_closing())
    for number in range(2):
        try:
            await left.drain()
            say('drained', number)
        except ConnectionError as error:
            say('drain', number, name(error))
        left.write(b'nothing')
    try:
        await left.wait_closed()
    except ConnectionError as error:
        say('wait_closed', name(error))
    try:
        say('read', shown(await left_reader.read()))
    except ConnectionError as error:
        say('read', name(error))
    say('at_eof', left_reader.at_eof())

record(main)
