import asyncio


async def work(x):
    print('Waiting', x)
    await asyncio.sleep(x / 100)
    print('Done', x)
    return x


async def main():
    print(await asyncio.gather(work(3), work(2)))


asyncio.run(main())
