"""The work of the loops, on asyncio or uvloop. Prints the nanoseconds of the best round."""

import asyncio
import sys
from selectors import DefaultSelector
from time import perf_counter, process_time


async def turns(turns, tasks):
    """Returns the time that the turns took, including those of the main task, which are as many as one task's."""

    async def count():
        for _ in range(1 + turns):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(count()) for _ in range(tasks - 1)]
    await asyncio.sleep(0)
    start = perf_counter()
    for _ in range(turns):
        await asyncio.sleep(0)
    took = perf_counter() - start
    await join(tasks)
    return took


async def spawn(tasks, _):
    async def body(i):
        return i

    for i in range(tasks):
        await asyncio.create_task(body(i))


async def ping_pong(round_trips, _):
    pings, pongs = asyncio.Queue(), asyncio.Queue()

    async def echo():
        for _ in range(round_trips):
            pongs.put_nowait(await pings.get() + 1)

    echo = asyncio.create_task(echo())
    for i in range(round_trips):
        pings.put_nowait(i)
        await pongs.get()
    await echo


async def future(futures, _):
    loop = asyncio.get_running_loop()
    for i in range(futures):
        future = loop.create_future()
        loop.call_soon(future.set_result, i)
        await future


async def timers(runs, sleepers):
    for _ in range(runs):
        delays = (0.001 * (1 + i * 514229 % sleepers) for i in range(sleepers))
        await join([asyncio.create_task(asyncio.sleep(delay)) for delay in delays])


async def real_timers(runs, sleepers):
    """Returns the time that the processor was busy."""
    start = process_time()
    for _ in range(runs):
        delays = (0.001 * (1 + i * 514229 % 30) for i in range(sleepers))
        await join([asyncio.create_task(asyncio.sleep(delay)) for delay in delays])
    return process_time() - start


async def cancel(timers, _):
    loop = asyncio.get_running_loop()
    for i in range(timers):
        loop.call_later(0.001 * (1 + i * 514229 % 60000), print).cancel()


async def join(tasks):
    for task in tasks:
        await task


class Jump(DefaultSelector):
    """A selector that moves the clock instead of waiting."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0
        return super().select(0)


def timed(loop, main):
    start = perf_counter()
    took = loop.run_until_complete(main)
    return took or perf_counter() - start


def jumping_loop():
    selector = Jump()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now
    return loop


def new_loop(name, what):
    if name == "uvloop":
        import uvloop

        return uvloop.new_event_loop()
    return jumping_loop() if what is timers else asyncio.SelectorEventLoop()


name, what, tasks, runs, rounds = sys.argv[1], globals()[sys.argv[2]], *map(int, sys.argv[3:])
loop = new_loop(name, what)
print(round(min(timed(loop, what(runs, tasks)) for _ in range(rounds)) * 1e9))
loop.close()
