"""One side ends, and still gets its answer."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (left_reader, left), (right_reader, right) = await pair()

    async def serves():
        request = await right_reader.read()
        say('request', shown(request), right_reader.at_eof())
        for part in [b'an ', b'answer']:
            right.write(part)
            await right.drain()
            await asyncio.sleep(0.002)
        right.close()
        await right.wait_closed()
        say('served')

    serving = asyncio.create_task(serves())
    left.write(b'a ')
    await asyncio.sleep(0.001)
    left.write(b'request')
    left.write_eof()
    say('asked', left.can_write_eof())
    say('answer', shown(await left_reader.read()), left_reader.at_eof())
    left.close()
    await left.wait_closed()
    say('closed')
    await serving

record(main)
