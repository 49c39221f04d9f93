# counter-example: the task runs although nobody ever awaits it; any suspension of the creator is enough
import asyncio


async def wrapped():
    print('wrapped runs')


async def main():
    asyncio.ensure_future(wrapped())
    print('created')
    await asyncio.sleep(0)
    print('after sleep(0), never awaited the task')


asyncio.run(main())
