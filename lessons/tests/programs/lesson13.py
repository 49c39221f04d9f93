import asyncio


def crew(word):
    print('crew:', (yield from word))


loop = asyncio.new_event_loop()
word = loop.create_future()
task = crew(word)
print(next(task) is word)
word.add_done_callback(lambda _: next(task, None))
loop.call_later(0.01, word.set_result, 'go!')
print('result:', loop.run_until_complete(word))
loop.close()
