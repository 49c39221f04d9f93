"""Messages end with one of two separators, and arrive in pieces."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, writer), (reader, _w) = await pair()

    async def sends():
        for piece in [b'one', b'\r', b'\ntwo\n', b'three\r\nfour', b'\n']:
            writer.write(piece)
            say('sent', shown(piece))
            await asyncio.sleep(0)
        await asyncio.sleep(0.005)
        writer.close()

    sending = asyncio.create_task(sends())
    for _ in range(4):
        say('message', shown(await reader.readuntil((b'\r\n', b'\n'))))
    say('rest', shown(await reader.read()))
    await sending

record(main)
