import asyncio


async def nested():
    return 42


async def main():
    task = asyncio.create_task(nested())
    print(await task)
    print(await asyncio.ensure_future(nested()))


asyncio.run(main())
c = nested()
try:
    asyncio.create_task(c)                         # the notes call it at module level
except RuntimeError as e:
    print('RuntimeError:', e)
c.close()
