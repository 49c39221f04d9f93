import asyncio

async def pump(log):
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(0.1)  # until the pipe is empty
        log.append("drained")
        raise

async def main():
    log = []
    task = asyncio.create_task(pump(log))
    await asyncio.sleep(0.1)
    task.cancel("abort")
    try:
        await task
    except asyncio.CancelledError as cancelled:
        log.append(str(cancelled))
    return log

print(asyncio.run(main()))
