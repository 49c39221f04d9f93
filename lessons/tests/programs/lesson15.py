from types import coroutine


@coroutine
def hold():
    heard = yield 'hold at T-minus 1'
    yield 'heard ' + heard


def by_yield_from():
    yield from hold()


async def by_await():
    await hold()


for launch in (by_yield_from(), by_await()):
    print(type(launch).__name__, launch.send(None), launch.send('go!'), sep=' / ')
