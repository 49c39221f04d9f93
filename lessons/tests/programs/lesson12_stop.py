import asyncio


def first():
    print('first')
    loop.stop()
    loop.call_soon(print, 'from the first')


loop = asyncio.new_event_loop()
loop.call_later(0, print, 'timer')
loop.call_soon(first)
loop.call_soon(print, 'second')
loop.run_forever()
print('stopped')
loop.stop()
loop.run_forever()
loop.close()
