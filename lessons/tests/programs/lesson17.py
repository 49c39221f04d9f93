import asyncio
import time


async def check(name, seconds):
    await asyncio.sleep(seconds)
    print(name, 'at', round(time.monotonic() - start, 1))
    return name


async def main():
    print(await check('engine', 0.2), await check('fuel', 0.1))
    print(await asyncio.gather(check('engine', 0.2), check('fuel', 0.1)))


start = time.monotonic()
asyncio.run(main())
