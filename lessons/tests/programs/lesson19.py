import asyncio
import threading


async def main():
    gate = threading.Event()
    crew = asyncio.create_task(asyncio.to_thread(gate.wait))
    for i in 3, 2, 1:
        print('T-minus', i)
        await asyncio.sleep(0.001)
    gate.set()
    print('fuelled:', await crew)


asyncio.run(main())
