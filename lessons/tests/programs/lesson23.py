import asyncio


async def slow(tank):
    before = tank[0]
    await asyncio.sleep(0)  # the pump runs
    tank[0] = before + 100


async def late(tank):
    await asyncio.sleep(0)  # the valve opens
    tank[0] += 20


async def main(tank):
    await asyncio.gather(slow(tank), late(tank))
    return tank[0]


print({asyncio.run(main([0])) for _ in range(1000)})
