import asyncio


async def func():
    print('start')
    await asyncio.sleep(0.02)
    print('end')
    return 'func result'


async def main():
    task1 = asyncio.create_task(func())
    task2 = asyncio.create_task(func())
    print('main finished')
    print('task1:', await task1)
    print('task2:', await task2)


asyncio.run(main())
