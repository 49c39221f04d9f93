"""Both sides end before they read; each reads to the end."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    ends = await pair()

    async def side(number, reader, writer):
        writer.writelines([b'from ', str(number).encode()])
        writer.write_eof()
        say('ended', number)
        say('read', number, shown(await reader.read(3)), reader.at_eof())
        say('read', number, shown(await reader.read(100)), reader.at_eof())
        say('read', number, shown(await reader.read(100)), reader.at_eof())
        writer.close()
        await writer.wait_closed()
        say('closed', number)

    await asyncio.gather(*(side(number, *end) for number, end in enumerate(ends)))
    say('end')

record(main)
