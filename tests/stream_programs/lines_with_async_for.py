"""async for reads line by line, to the end."""
import asyncio
from recorder import pair, record, shown


async def main(say):
    (_, writer), (reader, _w) = await pair()

    async def sends():
        for number in range(4):
            writer.write(b'line %d\n' % number * 2)
            await asyncio.sleep(0.001 * (number % 2))
        writer.write(b'no line end')
        writer.close()

    sending = asyncio.create_task(sends())
    async for line in reader:
        say(shown(line))
    say('end', reader.at_eof())
    await sending

record(main)
