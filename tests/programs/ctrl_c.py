"""What asyncio.run does when Ctrl-C is pressed. Each program is a process of its own."""
import asyncio
import os
import signal
import subprocess
import sys


def press():
    os.kill(os.getpid(), signal.SIGINT)


async def sleeper(name):
    try:
        await asyncio.sleep(3600)
    finally:
        print(f'{name} cleans up')
        await asyncio.sleep(0)
        print(f'{name} is clean')


async def reraises():
    asyncio.get_running_loop().call_soon(press)
    await sleeper('main')


async def swallows():
    asyncio.get_running_loop().call_soon(press)
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print('main swallows it')
    await asyncio.sleep(0)
    return 'result'


async def raises():
    asyncio.get_running_loop().call_soon(press)
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        raise ValueError('instead')


async def twice():
    loop = asyncio.get_running_loop()
    other = asyncio.create_task(sleeper('other'))
    loop.call_soon(press)
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print('main was cancelled')
    loop.call_soon(press)
    await asyncio.sleep(3600)


async def busy():
    press()
    while True:
        await asyncio.sleep(0)


async def cancelled_as_well():
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    loop.call_soon(task.cancel)
    loop.call_soon(press)
    await sleeper('main')


async def in_the_last_turn():
    press()
    return 'result'


async def handler():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, event.set)
    press()
    await event.wait()
    print('handled')
    print(loop.remove_signal_handler(signal.SIGINT), loop.remove_signal_handler(signal.SIGINT))
    loop.call_soon(press)
    await sleeper('main')


PROGRAMS = [
    reraises, swallows, raises, twice, busy, cancelled_as_well, in_the_last_turn, handler,
]

if len(sys.argv) > 1:
    try:
        print('returned', asyncio.run(globals()[sys.argv[1]]()))
    except BaseException as e:
        print('raised', type(e).__name__)
else:
    for program in PROGRAMS:
        print('#', program.__name__, flush=True)
        subprocess.run([sys.executable, __file__, program.__name__])
