import asyncio

loop = asyncio.new_event_loop()
word = loop.create_future()
loop.call_soon(loop.stop)
for attempt in (
    word.result,
    lambda: loop.run_until_complete(word),
    lambda: word.set_result('go!'),
    lambda: word.set_result('stop!'),
):
    try:
        attempt()
    except Exception as error:
        print(repr(error))
loop.close()
