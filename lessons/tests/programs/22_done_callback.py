import asyncio


async def do_some_work(x):
    print('Waiting ' + str(x))
    await asyncio.sleep(x / 100)


def done_callback(fut):
    print('Done')


loop = asyncio.new_event_loop()
fut = asyncio.ensure_future(do_some_work(3), loop=loop)
fut.add_done_callback(done_callback)
loop.run_until_complete(fut)
loop.close()
