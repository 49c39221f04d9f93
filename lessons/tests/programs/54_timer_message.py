import asyncio


async def timer(wt, cb):
    fut = asyncio.ensure_future(asyncio.sleep(wt / 1000))
    fut.add_done_callback(cb)
    print('Waiting {}s ...'.format(wt))
    await fut


asyncio.run(timer(30, lambda fut: print('>>> Done')))
