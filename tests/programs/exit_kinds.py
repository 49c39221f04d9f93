# How asyncio treats a BaseException that is neither SystemExit nor KeyboardInterrupt.
import asyncio


class Shutdown(BaseException):
    pass


async def stops():
    raise Shutdown("now")


async def sleeps():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        print("cancelled")
        raise


async def in_a_task():
    task = asyncio.create_task(stops())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("the loop runs on")
    try:
        await task
    except Exception:
        print("caught as an Exception")
    except BaseException as e:
        print(f"awaiting raises {type(e).__name__}: {e}")


async def in_a_callback():
    def fails():
        raise Shutdown("in a callback")

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: print(f"handler: {context['exception']!r}"))
    loop.call_soon(fails)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("the loop runs on")


async def in_a_group():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeps())
            group.create_task(stops())
    except BaseExceptionGroup as e:
        print(f"group: {[type(one).__name__ for one in e.exceptions]}")


async def in_gather():
    sleeping = asyncio.create_task(sleeps())
    try:
        await asyncio.gather(sleeping, stops())
    except BaseException as e:
        print(f"gather raises {type(e).__name__}: {e}")
    print(f"the other is done: {sleeping.done()}")
    returned = await asyncio.gather(stops(), return_exceptions=True)
    print(f"gather returns {type(returned[0]).__name__}")


async def main():
    await in_a_task()
    await in_a_callback()
    await in_a_group()
    await in_gather()


asyncio.run(main())
