"""One reader of a task group fails, the other one is cancelled; its data is there for the next one."""
import asyncio
from recorder import name, pair, record, shown


async def main(say):
    pairs = [await pair() for _ in range(2)]

    async def numbers(who, reader):
        try:
            while line := await reader.readline():
                say(who, int(line))
        except asyncio.CancelledError:
            say(who, 'cancelled')
            raise

    async def sends():
        for line in [b'1\n', b'2\n', b'x\n', b'4\n']:
            for (_, writer), _ in pairs[::-1] if line != b'x\n' else pairs[1:2]:
                writer.write(line)
            await asyncio.sleep(0.001)

    sending = asyncio.create_task(sends())
    try:
        async with asyncio.TaskGroup() as group:
            for number, (_, (reader, _w)) in enumerate(pairs):
                group.create_task(numbers(number, reader))
    except* ValueError as errors:
        say('failed:', *(name(error) for error in errors.exceptions))
    await sending
    for _, (reader, _w) in pairs:
        say('left', shown(await reader.readline()))

record(main)
