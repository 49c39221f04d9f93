import asyncio

async def burn(engine, seconds):
    await asyncio.sleep(seconds)
    return engine

async def main():
    left = asyncio.create_task(burn("left", 0.2))  # first runs in the next round
    right = burn("right", 0.1)                     # does not run yet
    stages = await asyncio.gather(burn("first", 0.3), burn("second", 0.1))
    return [await right, await left, *stages]

print(asyncio.run(main()))
