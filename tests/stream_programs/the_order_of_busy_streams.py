"""Streams that are written to in rounds that follow each other, in changing order."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    pairs = [await pair() for _ in range(3)]
    tasks = []

    async def reads(number, reader):
        while data := await reader.read(100):
            say(number, shown(data))

    for number, (_, (reader, _w)) in enumerate(pairs):
        tasks.append(asyncio.create_task(reads(number, reader)))
    await asyncio.sleep(0.001)
    for order in [[0, 1, 2], [2, 1, 0], [1, 0], [2, 0], [0, 2], [1], [0, 1], [1, 2, 0], [2, 1]]:
        for number in order:
            pairs[number][0][1].write(b'%d' % number)
        await asyncio.sleep(0)
    for number in [2, 0, 1]:
        pairs[number][0][1].close()
    await asyncio.gather(*tasks)

record(main)
