# What the notes of lesson 15 claim, asked of CPython.
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


async def what_sleep_gives():
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
print('sleep gives:', asyncio.run(what_sleep_gives()))
