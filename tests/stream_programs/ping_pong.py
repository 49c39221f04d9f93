"""Two tasks answer each other, while a third one takes turns."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    ends = await pair()

    async def player(name, reader, writer, begins):
        if begins:
            writer.write(b'0\n')
        while line := await reader.readline():
            say(name, shown(line))
            number = int(line) + 1
            if number == 10:
                break
            writer.write(b'%d\n' % number)
            await writer.drain()
        writer.close()

    async def spins():
        for _ in range(20):
            await asyncio.sleep(0)
        say('spun')

    await asyncio.gather(player('ping', *ends[0], True), player('pong', *ends[1], False), spins())
    say('end')

record(main)
