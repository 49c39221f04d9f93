import asyncio


async def waiter(name, word):
    print(f'{name}: waiting')
    print(f'{name}:', await word)


async def main():
    word = asyncio.get_running_loop().create_future()
    waiters = [asyncio.ensure_future(waiter(name, word)) for name in ('crew', 'tower')]
    await asyncio.sleep(0.003)
    word.set_result('go!')
    print('chief:', await word)
    await asyncio.sleep(0.001)


asyncio.run(main())
