# the first coroutine to finish stops the loop, the slower one never prints Done
import asyncio


async def do_some_work(loop, x):
    print('Waiting ' + str(x))
    await asyncio.sleep(x / 100)
    print('Done', x)
    loop.stop()


loop = asyncio.new_event_loop()
tasks = [loop.create_task(do_some_work(loop, 1)), loop.create_task(do_some_work(loop, 3))]
loop.run_forever()
print([t.done() for t in tasks])
loop.run_forever()                                 # a stopped loop can go on
print([t.done() for t in tasks])
loop.close()
