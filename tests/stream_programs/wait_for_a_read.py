"""wait_for around a read: earlier, later, and at the same time."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    ends = []
    for delay in [0.009, 0.01, 0.011]:
        ends.append(await pair())
        (_, writer), (reader, _w) = ends[-1]
        asyncio.get_running_loop().call_later(delay, writer.write, b'data')
        try:
            say('got', shown(await asyncio.wait_for(reader.read(10), 0.01)))
        except TimeoutError:
            say('timeout')
            say('then', shown(await reader.read(10)))
        writer.close()
        say('end', shown(await reader.read(10)))

record(main)
