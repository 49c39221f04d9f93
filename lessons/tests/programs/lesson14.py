import asyncio


async def launch():
    try:
        await asyncio.sleep(3600)
    finally:
        print('the valves are closed')


async def main():
    task = asyncio.create_task(launch())
    await asyncio.sleep(0)
    print('asked:', task.cancel(), 'cancelled:', task.cancelled())
    return task


print('cancelled:', asyncio.run(main()).cancelled())
