"""Nothing can be written after write_eof, and what is written after close is lost."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    (_r, left), (reader, _w) = await pair()
    left.write(b'all')
    left.write_eof()
    left.write_eof()
    for write in [lambda: left.write(b'more'), lambda: left.writelines([b'more'])]:
        try:
            write()
        except RuntimeError as error:
            say(error)
    say('got', shown(await reader.read()))
    say('closing', left.is_closing())
    left.close()
    left.close()
    say('closing', left.is_closing())
    try:
        await left.drain()
    except ConnectionResetError as error:
        say(name(error), error)
    await left.wait_closed()
    say('closed')
    try:
        await left.drain()
    except ConnectionResetError as error:
        say(name(error), error)

record(main)
