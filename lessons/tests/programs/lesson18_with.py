import asyncio


async def print_result(sema):
    with (await sema):                             # as in the notes
        print('one of three')


async def main():
    try:
        await print_result(asyncio.Semaphore(3))
    except TypeError as error:
        print('TypeError:', error)


asyncio.run(main())
