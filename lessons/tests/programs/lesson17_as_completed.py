import asyncio


async def page():
    return 'index'


async def main():
    task = asyncio.create_task(page())
    for one in asyncio.as_completed([task]):
        print(type(one).__name__, one is task, await one)
    async for one in asyncio.as_completed([task]):
        print(type(one).__name__, one is task, await one)


asyncio.run(main())
