import asyncio

async def launch(name, pad, log):
    async with pad:
        await asyncio.sleep(0.2)
        log.append(name)

async def main():
    pad, log = asyncio.Lock(), []
    try:
        async with asyncio.timeout(0.3):
            async with asyncio.TaskGroup() as group:
                group.create_task(launch("first", pad, log))
                group.create_task(launch("second", pad, log))
    except TimeoutError:
        log.append("time is up")
    return log

print(asyncio.run(main()))
