import asyncio


async def launch(name):
    print(f'{name}: counting')
    try:
        await asyncio.sleep(1)
    finally:
        print(f'{name}: cleaning up')


async def chief():
    early = asyncio.create_task(launch('early'))
    late = asyncio.create_task(launch('late'))
    early.cancel()
    print('chief: early is cancelled:', early.cancelled())
    await asyncio.sleep(0)
    late.cancel()
    print('chief: early is cancelled:', early.cancelled())
    print('chief: late is cancelled:', late.cancelled())


asyncio.run(chief())
