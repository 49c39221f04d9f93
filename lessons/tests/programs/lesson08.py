def echo():
    heard = 'nothing yet'
    while True:
        heard = yield heard


def by_loop():
    for word in echo():
        yield word


def by_yield_from():
    yield from echo()


for g in (echo(), by_loop(), by_yield_from()):
    print(next(g), '/', g.send('hello'))
