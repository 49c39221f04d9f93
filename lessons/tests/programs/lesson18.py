import asyncio
from contextlib import nullcontext


async def fill(tank, litres, lock):
    async with lock:
        tank['litres'] += await asyncio.sleep(0.01, litres)


async def main():
    for lock in nullcontext(), asyncio.Lock():
        tank = {'litres': 0}
        await asyncio.gather(fill(tank, 100, lock), fill(tank, 20, lock))
        print(tank['litres'], 'litres')


asyncio.run(main())
