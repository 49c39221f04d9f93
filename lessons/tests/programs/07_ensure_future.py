import asyncio
import re


def show(task):
    return re.sub(r" name='[^']*'", '', re.sub(r' at [^>]*:\d+', ' at ...', repr(task)))


async def wrapped():
    print('now in function wrapped')
    return 'result'


async def inner(task):
    print('now in function inner')
    print('inner: waiting for ' + show(task))
    print('inner: task return: {}'.format(await task))


async def outer():
    print('creating task')
    task = asyncio.ensure_future(wrapped())
    print('waiting for inner')
    await inner(task)
    print('inner returned')


asyncio.run(outer())
