"""Programs with async generators. What CPython 3.13 prints is in `programs.out`; `recorded.rs` has the same programs.

    python3.13 tests/async_generators/programs.py > tests/async_generators/programs.out
"""
import asyncio


async def tell(name, operation):
    """Says how an operation ends. The end is an end, however Python says it."""
    try:
        result = await operation
        print(name, "the end" if result is None else result)
    except StopAsyncIteration:
        print(name, "the end")
    except BaseException as exception:
        print(name, type(exception).__name__.replace("CancelledError", "Cancelled"), exception)


async def yields_and_awaits():
    async def countdown(n):
        for i in range(n, 0, -1):
            yield i
            await asyncio.sleep(0)
        print("lift-off")

    async for i in countdown(3):
        print(i)


async def sending():
    async def echo():
        got = None
        for _ in range(2):
            got = yield got
            print("got", got)
            await asyncio.sleep(0)

    g = echo()
    await tell("first:", g.asend(1))
    value = await g.asend(None)
    print("started:", value)
    await tell("second:", g.asend(2))
    await tell("third:", g.asend(3))
    await tell("fourth:", g.asend(4))


async def throwing():
    async def catches():
        for i in range(2):
            try:
                yield i
            except ValueError as error:
                print("caught", error)
                await asyncio.sleep(0)

    g = catches()
    await tell("anext:", anext(g))
    await tell("athrow:", g.athrow(ValueError("one")))
    await tell("athrow:", g.athrow(RuntimeError("two")))
    await tell("anext:", anext(g))
    g = catches()
    await anext(g)
    await anext(g)
    await tell("last:", g.athrow(ValueError("three")))
    await tell("after:", g.athrow(ValueError("four")))


async def never_started():
    async def body():
        print("runs")
        yield 1

    g = body()
    await tell("athrow:", g.athrow(ValueError("early")))
    await tell("anext:", anext(g))
    g = body()
    await tell("aclose:", g.aclose())
    await tell("anext:", anext(g))
    await tell("asend:", g.asend(5))
    await tell("athrow:", g.athrow(ValueError("late")))
    await tell("aclose:", g.aclose())


async def closing():
    async def cleans_up():
        try:
            yield 1
        finally:
            print("cleaning")
            await asyncio.sleep(0)
            print("clean")

    g = cleans_up()
    await anext(g)
    await tell("aclose:", g.aclose())
    await tell("anext:", anext(g))


async def closing_fails():
    async def fails():
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            raise ValueError("dirty")

    g = fails()
    await anext(g)
    await tell("aclose:", g.aclose())
    await tell("aclose:", g.aclose())


async def closing_ignored():
    async def ignores():
        try:
            yield 1
        except GeneratorExit:
            yield 2
        yield 3

    g = ignores()
    await tell("anext:", anext(g))
    await tell("aclose:", g.aclose())
    await tell("anext:", anext(g))
    await tell("athrow:", g.athrow(ValueError("unheard")))
    await tell("anext:", anext(g))


async def closing_answered():
    async def returns():
        try:
            yield 1
        except GeneratorExit:
            return

    async def raises():
        yield 1

    g = returns()
    await anext(g)
    await tell("returns:", g.aclose())
    g = raises()
    await anext(g)
    await tell("thrown:", g.athrow(GeneratorExit()))
    await tell("anext:", anext(g))


async def escaping():
    async def stops():
        yield 1
        raise StopIteration(2)

    g = stops()
    await anext(g)
    await tell("anext:", anext(g))
    await tell("anext:", anext(g))


async def already_running():
    async def slow():
        yield await asyncio.sleep(0.001, "done")

    g = slow()
    await asyncio.gather(
        tell("anext:", anext(g)),
        tell("anext:", anext(g)),
        tell("asend:", g.asend(None)),
        tell("athrow:", g.athrow(ValueError("no"))),
        tell("aclose:", g.aclose()),
    )
    await tell("anext:", anext(g))


async def cancelled_inside():
    async def waits():
        yield 1
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            print("cancelled inside")
            await asyncio.sleep(0)
            yield 2
        yield 3

    g = waits()
    await anext(g)
    task = asyncio.create_task(tell("anext:", anext(g)))
    await asyncio.sleep(0)
    task.cancel()
    await task
    await tell("anext:", anext(g))
    await tell("anext:", anext(g))


async def cancelled_through():
    async def waits():
        try:
            yield 1
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            print("clean")

    g = waits()
    await anext(g)
    task = asyncio.create_task(tell("anext:", anext(g)))
    await asyncio.sleep(0)
    task.cancel()
    await task
    await tell("anext:", anext(g))


async def numbers(name):
    try:
        for i in range(9):
            yield i
    finally:
        print(name, "cleaning")
        await asyncio.sleep(0.001)
        print(name, "clean")


async def dropped():
    async for i in numbers("dropped"):
        print(i)
        break
    print("after the loop")
    await asyncio.sleep(0.01)
    print("main goes on")


async def left_open():
    global kept
    kept = numbers("kept")
    print(await anext(kept))
    unstarted = numbers("unstarted")
    print("main ends")


async def left_open_and_failing():
    async def fails():
        try:
            yield 1
        finally:
            raise ValueError("dirty")

    def handler(loop, context):
        print(context["message"].split(" <")[0], "-", context["exception"])

    asyncio.get_running_loop().set_exception_handler(handler)
    global kept
    kept = fails()
    await anext(kept)
    other = fails()
    await anext(other)
    del other
    await asyncio.sleep(0.001)
    print("main ends")


async def in_each_other():
    async def outer():
        try:
            async for i in numbers("inner"):
                yield i * 10
        finally:
            print("outer cleaning")

    async for i in outer():
        print(i)
        if i == 10:
            break
    await asyncio.sleep(0.01)
    print("main ends")


for program in list(globals().values()):
    if getattr(program, "__module__", "") == "__main__" and program not in (tell, numbers):
        print("==", program.__name__)
        asyncio.run(program())
