"""After a reset, each read raises; what had arrived before stays in the buffer."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    (left_reader, left), (right_reader, right) = await pair()
    left.write(b'unread')
    right.write(b'one\ntwo\n')
    await asyncio.sleep(0)
    right.transport.abort()
    say('line', shown(await left_reader.readline()))
    await asyncio.sleep(0.001)
    for read in [left_reader.readline, left_reader.read, lambda: left_reader.readexactly(0), lambda: left_reader.read(0),
                 lambda: left_reader.readuntil(b'!')]:
        try:
            say('got', shown(await read()))
        except ConnectionError as error:
            say(name(error))
    say('at_eof', left_reader.at_eof(), left_reader.exception() is not None)
    left.close()

record(main)
