import asyncio
import re


def show(task):     # paths and the automatic name are masked: <Task pending coro=<func_task() running at ...>>
    return re.sub(r" name='[^']*'", '', re.sub(r' at [^>]*:\d+', ' at ...', repr(task)))


async def func_task():
    print('now in function task')
    return 'the result'


async def main(loop):
    print('creating task')
    task = loop.create_task(func_task())
    print('waiting for {}'.format(show(task)))
    ret = await task
    print('task completed {}'.format(show(task)))
    print('return value: {}'.format(ret))


loop = asyncio.new_event_loop()
loop.run_until_complete(main(loop))
loop.close()
