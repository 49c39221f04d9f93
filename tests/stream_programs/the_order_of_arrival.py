"""Of several streams whose data arrives in one round, the one that was written to first is read first."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    pairs = [await pair() for _ in range(4)]
    tasks = []

    async def reads(number, reader):
        while data := await reader.read(100):
            say(number, shown(data))

    for number, (_, (reader, _w)) in enumerate(pairs):
        tasks.append(asyncio.create_task(reads(number, reader)))
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1], [3, 1], [0, 2, 1, 3]]:
        say('order', *order)
        for number in order:
            pairs[number][0][1].write(b'data')
        await asyncio.sleep(0.001)
    for number in [1, 3, 0, 2]:
        pairs[number][0][1].close()
    await asyncio.gather(*tasks)

record(main)
