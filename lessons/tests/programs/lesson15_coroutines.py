# What CPython 3.13 says about coroutine objects, and about calls that need a running loop.
import asyncio
import warnings


async def coroutine():
    return 'result'


async def await_twice():
    c = coroutine()
    await c
    await c


def error(call):
    try:
        call()
    except Exception as e:
        return f'{type(e).__name__}: {e}'


def create_task_without_a_loop():
    c = coroutine()
    try:
        asyncio.create_task(c)
    finally:
        c.close()


async def result_of_sleep():
    return await asyncio.sleep(0)


def get_event_loop_without_a_loop():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        asyncio.get_event_loop()


c = coroutine()
print(type(c).__name__, [hasattr(c, name) for name in ('send', 'throw', 'close', '__next__')])
c.close()
print('asyncio.coroutine:', hasattr(asyncio, 'coroutine'))
print('get_event_loop without a loop:', error(get_event_loop_without_a_loop))
print('to await twice:', error(lambda: asyncio.run(await_twice())))
print('create_task without a loop:', error(create_task_without_a_loop))
print('the result of sleep:', asyncio.run(result_of_sleep()))
