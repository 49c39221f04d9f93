import asyncio


def set_result(future, result):
    print('setting future result to {}'.format(result))
    future.set_result(result)


loop = asyncio.new_event_loop()
future = loop.create_future()
print('scheduling set_result')
loop.call_soon(set_result, future, 'the result')
print('entering event loop')
ret = loop.run_until_complete(future)
print('returned result: {}'.format(ret))
loop.close()
print('future result: {}'.format(future.result()))
