import asyncio


async def work(fut):
    await asyncio.sleep(0.02)
    fut.set_result('666')


async def main():
    loop = asyncio.get_running_loop()
    fut = loop.create_future()
    await loop.create_task(work(fut))
    print(await fut)


asyncio.run(main())
