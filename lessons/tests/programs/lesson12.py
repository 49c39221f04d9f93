import asyncio


def crew():
    print('crew: we are in')
    loop.call_soon(print, 'tower: they are in')
    abort.cancel()


loop = asyncio.new_event_loop()
loop.call_later(0.3, loop.stop)
abort = loop.call_later(0.2, print, 'abort')
loop.call_soon(crew)
loop.call_soon(print, 'fuel: the tanks are full')
loop.run_forever()
print('lift-off')
