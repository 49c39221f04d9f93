"""One side aborts while the other one waits for it, and while a task of its own does."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    (left_reader, left), (right_reader, right) = await pair()

    async def reads(who, reader):
        try:
            say(who, 'got', shown(await reader.read()))
        except ConnectionError as error:
            say(who, name(error))

    tasks = [asyncio.create_task(reads('left', left_reader)), asyncio.create_task(reads('right', right_reader))]
    await asyncio.sleep(0.001)
    left.write(b'hello')
    left.transport.abort()
    say('aborted', left.is_closing())
    left.transport.abort()
    await left.wait_closed()
    say('closed')
    await asyncio.gather(*tasks)
    right.close()
    await right.wait_closed()

record(main)
