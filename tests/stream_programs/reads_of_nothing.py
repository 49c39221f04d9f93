"""Reads that need no data do not wait; they fail only if the stream has."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    (_, writer), (reader, right) = await pair(limit=2)
    say('zero', shown(await reader.read(0)), shown(await reader.readexactly(0)))
    writer.write(b'123456789')
    await asyncio.sleep(0.001)
    say('zero', shown(await reader.read(0)), shown(await reader.readexactly(0)))
    for read in [lambda: reader.readexactly(-1), lambda: reader.readuntil(b''), lambda: reader.readuntil(())]:
        try:
            await read()
        except ValueError as error:
            say(name(error), error)
    say('nine', shown(await reader.readexactly(9)))
    writer.close()
    await asyncio.sleep(0.001)
    say('zero', shown(await reader.readexactly(0)), reader.at_eof())

record(main)
