"""What readuntil does not return because it is too long stays in the buffer."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, writer), (reader, _w) = await pair(limit=6)
    for data, reads in [(b'0123456789;ab;', 3), (b'no separator at all', 1), (b'; ;', 2)]:
        writer.write(data)
        await asyncio.sleep(0.001)
        for _ in range(reads):
            try:
                say('got', shown(await reader.readuntil(b';')))
            except asyncio.LimitOverrunError as error:
                say('over:', error, error.consumed)
                say('skipped', shown(await reader.readexactly(error.consumed)))
    writer.write(b'end')
    writer.write_eof()
    try:
        await reader.readuntil(b';')
    except asyncio.IncompleteReadError as error:
        say('incomplete:', shown(error.partial), error.expected)

record(main)
