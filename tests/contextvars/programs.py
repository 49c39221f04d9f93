"""Programs with context variables. What CPython 3.13 prints is in `programs.out`; `recorded.rs` has the same programs.

    python3.13 tests/contextvars/programs.py > tests/contextvars/programs.out
"""
import asyncio
import re
from contextvars import Context, ContextVar, Token, copy_context


def error(call):
    try:
        return call()
    except Exception as exception:
        return re.sub(r" at 0x[0-9a-f]+", "", f"{type(exception).__name__}: {exception}")


def shown(var):
    return var.get("nothing")


def defaults():
    plain, default = ContextVar("plain"), ContextVar("default", default=3)
    print(error(plain.get).split(":")[0], default.get(), plain.get(5))
    default.set(4)
    print(default.get())


def tokens():
    x = ContextVar("x")
    first = x.set(1)
    second = x.set(2)
    print(first.old_value is Token.MISSING, second.old_value)
    x.reset(second)
    print(shown(x))
    x.reset(first)
    print(shown(x))


def wrong_tokens():
    x, y = ContextVar("x"), ContextVar("y")
    token = x.set(1)
    print(error(lambda: y.reset(token)))
    token = x.set(1)
    print(copy_context().run(lambda: error(lambda: x.reset(token))))


def copies():
    x = ContextVar("x")
    x.set(1)
    context = copy_context()
    x.set(2)
    print(context[x], shown(x), context.copy()[x], x in Context())


def entering():
    x = ContextVar("x")
    context = Context()
    context.run(x.set, 7)
    print(context[x], shown(x), context.run(lambda: shown(x)))
    print(context.run(lambda: error(lambda: context.run(print))).split(":")[0])
    print(context.run(lambda: context.copy().run(lambda: shown(x))))


def failing_in_a_context():
    x = ContextVar("x")
    context = Context()

    def fails():
        x.set(8)
        raise ValueError("failed")

    print(error(lambda: context.run(fails)), context[x], shown(x))
    print(context.run(lambda: shown(x)))


async def tasks_copy_when_they_are_spawned():
    x = ContextVar("x")

    async def task(name):
        print(name, "sees", shown(x))
        x.set(name)
        await asyncio.sleep(0)
        print(name, "sees", shown(x))

    x.set("main")
    first = asyncio.create_task(task("first"))
    x.set("later")
    second = asyncio.create_task(task("second"))
    await first
    await second
    print("main sees", shown(x))


async def tasks_without_any_value():
    x = ContextVar("x")

    async def task(name):
        print(name, "sees", shown(x))
        x.set(name)
        await asyncio.sleep(0)
        print(name, "sees", shown(x))

    await asyncio.gather(task("a"), task("b"))
    print("main sees", shown(x))


async def awaiting_shares():
    x = ContextVar("x")

    async def inner():
        x.set("inner")
        await asyncio.sleep(0)

    await inner()
    print(shown(x))
    await asyncio.wait_for(set_to(x, "limited"), 10)
    print(shown(x))
    async with asyncio.timeout(10):
        x.set("in a timeout")
    print(shown(x))
    await asyncio.create_task(set_to(x, "task"))
    print(shown(x))


async def set_to(var, value):
    await asyncio.sleep(0)
    var.set(value)


async def callbacks():
    x = ContextVar("x")
    loop = asyncio.get_running_loop()

    def callback(name):
        print(name, "sees", shown(x))
        x.set(name)
        loop.call_soon(lambda: print("below", name, shown(x)))

    loop.call_soon(callback, "without a value")
    loop.call_soon(callback, "without a value, too")
    x.set(1)
    loop.call_soon(callback, "first")
    loop.call_later(0.001, callback, "timer")
    x.set(2)
    loop.call_soon(callback, "second")
    await asyncio.sleep(0.01)
    print("main sees", shown(x))


async def done_callbacks():
    x = ContextVar("x")
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.add_done_callback(lambda _: print("added without a value:", shown(x)))
    x.set("added")
    future.add_done_callback(lambda _: print("future:", shown(x)))
    task = asyncio.create_task(set_to(x, "task"))
    task.add_done_callback(lambda _: print("task:", shown(x)))
    x.set("set")
    future.set_result(None)
    await task
    await asyncio.sleep(0)
    future.add_done_callback(lambda _: print("too late:", shown(x)))
    await asyncio.sleep(0)


async def a_given_context():
    x = ContextVar("x")
    context = copy_context()

    async def adds(n):
        for _ in range(2):
            x.set(x.get(0) + n)
            await asyncio.sleep(0)

    first = asyncio.create_task(adds(1), context=context)
    second = asyncio.create_task(adds(10), context=context)
    await first
    await second
    print(context[x], shown(x))


async def generators():
    x = ContextVar("x")

    def generator():
        while True:
            x.set(shown(x) + "!")
            yield shown(x)

    async def agenerator():
        while True:
            x.set(shown(x) + "?")
            await asyncio.sleep(0)
            yield shown(x)

    g, a = generator(), agenerator()
    x.set("main")
    print(next(g), await anext(a), shown(x))
    context = Context()
    print(context.run(lambda: (x.set("other"), next(g))[1]), context[x], shown(x))

    async def task():
        x.set("task")
        return await anext(a)

    print(await asyncio.create_task(task()), shown(x))
    await a.aclose()


async def a_token_of_another_task():
    x = ContextVar("x")
    token = x.set(1)

    async def task():
        print(error(lambda: x.reset(token)))
        print(shown(x))

    await asyncio.create_task(task())
    print(shown(x))


async def groups():
    x = ContextVar("x")
    x.set("main")
    async with asyncio.TaskGroup() as group:
        group.create_task(show_and_set(x, "a"))
        x.set("in the group")
        group.create_task(show_and_set(x, "b"))
    print(shown(x))


async def show_and_set(var, name):
    print(name, shown(var))
    var.set(name)


def runs_copy():
    x = ContextVar("x")
    x.set("thread")

    async def main():
        print(shown(x))
        x.set("main")

    asyncio.run(main())
    print(shown(x))
    Context().run(lambda: asyncio.run(main()))
    print(shown(x))


for program in list(globals().values()):
    if getattr(program, "__module__", "") != "__main__" or program in (error, shown, set_to, show_and_set):
        continue
    print("==", program.__name__)
    if asyncio.iscoroutinefunction(program):
        Context().run(asyncio.run, program())
    else:
        Context().run(program)
