import asyncio

loop, called = asyncio.new_event_loop(), []
when = loop.time() + 0.01
for name in ('first', 'second', 'third', 'fourth', 'fifth'):
    loop.call_at(when, called.append, name)
loop.run_until_complete(asyncio.sleep(0.02))
print(*called)
