def coroutine(func):
    def wrapper(*args, **kwargs):
        r = func(*args, **kwargs)
        r.__next__()
        return r
    return wrapper


@coroutine
def receiver():
    print('Ready to receive')
    while 1:
        n = yield
        print('Got %s' % n)


r = receiver()
r.send('hello, world!')
r.close()
try:
    r.send(4)
except StopIteration:
    print('StopIteration')


@coroutine
def polite():
    print('Ready to receive')
    try:
        while 1:
            n = yield
            print('Got %s' % n)
    except GeneratorExit:
        print('Receive done')


r = polite()
r.send('hello, world')
r.close()
r = polite()
r.send('hello, world')
try:
    r.throw(RuntimeError("You're hosed!"))
except RuntimeError as e:
    print('RuntimeError: %s' % e)
