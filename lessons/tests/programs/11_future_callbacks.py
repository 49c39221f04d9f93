import asyncio
import functools


def callback(future, n):
    print('{}: future done: {}'.format(n, future.result()))


async def register_callbacks(future):
    print('registering callbacks on future')
    future.add_done_callback(functools.partial(callback, n=1))
    future.add_done_callback(functools.partial(callback, n=2))


async def main(future):
    await register_callbacks(future)
    print('setting result of future')
    future.set_result('the result')


loop = asyncio.new_event_loop()
future = loop.create_future()
loop.run_until_complete(main(future))
loop.close()
