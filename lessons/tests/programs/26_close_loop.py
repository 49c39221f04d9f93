import asyncio


async def do_some_work(x):
    print('Waiting ' + str(x))
    await asyncio.sleep(x / 100)
    print('Done')


loop = asyncio.new_event_loop()
loop.run_until_complete(do_some_work(1))
loop.run_until_complete(do_some_work(3))
loop.close()
c = do_some_work(3)
try:
    loop.run_until_complete(c)
except RuntimeError as e:
    print('RuntimeError:', e)
c.close()
print(loop.is_closed())
