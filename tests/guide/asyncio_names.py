"""The names of asyncio, and of the methods of what is in it, one a line."""
import asyncio
from asyncio.subprocess import Process

print("# python3.13 tests/guide/asyncio_names.py > tests/guide/asyncio_names.txt")

for name in asyncio.__all__:
    print(name)

CLASSES = """Runner Task TaskGroup Timeout Future Handle TimerHandle Lock Event Condition Semaphore BoundedSemaphore
Barrier Queue StreamReader StreamWriter Server""".split()
for name in CLASSES:
    for method in dir(getattr(asyncio, name)):
        if not method.startswith("_"):
            print(f"{name}.{method}")
for method in dir(Process):
    if not method.startswith("_"):
        print(f"Process.{method}")
for method in dir(asyncio.AbstractEventLoop):
    if not method.startswith("_"):
        print(f"loop.{method}")
