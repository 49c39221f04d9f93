"""drain tells who writes that the connection is lost, again and again."""
import asyncio
from recorder import name, pair, record


async def main(say):
    (_r, left), (_r2, right) = await pair()

    async def writes():
        for number in range(6):
            left.write(b'tick')
            try:
                await left.drain()
                say('drained', number, left.is_closing())
            except ConnectionError as error:
                say('drain', number, name(error), error)
            await asyncio.sleep(0.001)

    writing = asyncio.create_task(writes())
    await asyncio.sleep(0.0025)
    left.close()
    say('closed')
    await writing
    right.close()

record(main)
