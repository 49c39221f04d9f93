import asyncio
import re


def show(task):
    return re.sub(r" name='[^']*'", '', re.sub(r' at [^>]*:\d+', ' at ...', repr(task)))


async def func_task():
    print('now in function task')      # never printed
    return 'task result'


async def main(loop):
    print('creating task')
    task = loop.create_task(func_task())
    print('canceling task')
    task.cancel()
    print('canceled task ' + show(task))
    try:
        await task
    except asyncio.CancelledError:
        print('caught error from canceled task')
    else:
        print('task result: {!r}'.format(task.result()))


loop = asyncio.new_event_loop()
loop.run_until_complete(main(loop))
loop.close()
