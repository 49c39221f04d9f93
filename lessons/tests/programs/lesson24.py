import asyncio


async def serve():
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(0.001)
        print('closed')


async def main():
    server = asyncio.create_task(serve())
    await asyncio.sleep(0)
    print('main is done')


asyncio.run(main(), loop_factory=asyncio.new_event_loop)
