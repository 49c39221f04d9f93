import asyncio


def set_result(future, result):
    print('setting future result to {}'.format(result))
    future.set_result(result)


async def main(loop):
    future = loop.create_future()
    print('scheduling set_result')
    loop.call_soon(set_result, future, 'the result')
    print('returned result: {}'.format(await future))


loop = asyncio.new_event_loop()
loop.run_until_complete(main(loop))
loop.close()
