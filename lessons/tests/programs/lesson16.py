import asyncio
from types import coroutine


@coroutine
def foreign():
    yield 'call me when the word is there'


async def main():
    try:
        await foreign()
    except RuntimeError as e:
        print(e)


asyncio.run(main())
