import asyncio


async def timer(x, cb):
    fut = asyncio.ensure_future(asyncio.sleep(x))
    fut.add_done_callback(cb)
    await fut


asyncio.run(timer(0.03, lambda fut: print('Done')))
