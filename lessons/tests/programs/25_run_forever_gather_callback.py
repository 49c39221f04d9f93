import asyncio
import functools


async def do_some_work(loop, x):
    print('Waiting ' + str(x))
    await asyncio.sleep(x / 100)
    print('Done')


def done_callback(loop, fut):
    loop.stop()


async def start():
    return asyncio.gather(do_some_work(loop, 1), do_some_work(loop, 3))


loop = asyncio.new_event_loop()
fut = loop.run_until_complete(start())
fut.add_done_callback(functools.partial(done_callback, loop))
loop.run_forever()
loop.close()
