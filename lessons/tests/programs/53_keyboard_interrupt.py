import asyncio


async def hang():
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print('hang cancelled')
        raise


def interrupt():
    raise KeyboardInterrupt


loop = asyncio.new_event_loop()
task = loop.create_task(hang())
loop.call_later(0.02, interrupt)                   # stands in for CTRL-C
try:
    loop.run_until_complete(task)
except KeyboardInterrupt:
    print('KeyboardInterrupt; task done:', task.done())
    tasks = asyncio.all_tasks(loop)
    for t in tasks:
        t.cancel()
    loop.run_until_complete(asyncio.wait(tasks))
finally:
    loop.close()
print('cancelled:', task.cancelled())
