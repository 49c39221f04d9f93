"""wait returns when the first of several reads is done, and the others are awaited later."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    pairs = [await pair() for _ in range(3)]
    loop = asyncio.get_running_loop()
    for number, ((_, writer), _) in enumerate(pairs):
        loop.call_later(0.001 * (3 - number), writer.write, b'end %d' % number)
    pending = {asyncio.create_task(reader.read(10)) for _, (reader, _) in pairs}
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        say(*(shown(task.result()) for task in done), len(pending))

record(main)
